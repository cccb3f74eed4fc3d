module example.com/guild

go 1.23.5

require (
	example.com/studio/roster v0.0.0
	github.com/heroiclabs/nakama-common v1.36.0
)

require google.golang.org/protobuf v1.36.4 // indirect

replace example.com/studio/roster => ./roster
