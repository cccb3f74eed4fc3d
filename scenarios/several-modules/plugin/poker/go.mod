module example.com/games/poker

go 1.26.5

require (
	example.com/games/cards v0.0.0
	github.com/heroiclabs/nakama-common v1.47.0
	golang.org/x/text v0.39.0
)

require (
	github.com/gofrs/uuid/v5 v5.4.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

replace example.com/games/cards => ../cards
