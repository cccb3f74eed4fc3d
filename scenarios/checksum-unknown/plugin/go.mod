module example.com/calendar

go 1.26.5

require (
	git.studio.example/studio/seasons.git v1.0.0
	github.com/heroiclabs/nakama-common v1.47.0
)

require google.golang.org/protobuf v1.36.11 // indirect
