module example.com/names

go 1.26.5

require (
	git.studio.invalid/studio/ranks v1.4.0
	github.com/heroiclabs/nakama-common v1.47.0
	golang.org/x/text v0.36.0
)

require google.golang.org/protobuf v1.36.11 // indirect

replace git.studio.invalid/studio/ranks => ./ranks
