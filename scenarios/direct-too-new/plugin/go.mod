module example.com/loadout

go 1.23.5

require (
	github.com/heroiclabs/nakama-common v1.36.0
	google.golang.org/protobuf v1.36.11
)
