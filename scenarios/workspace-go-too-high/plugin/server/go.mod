module example.com/bots/server

go 1.23.5

require (
	github.com/gofrs/uuid/v5 v5.2.0
	github.com/heroiclabs/nakama-common v1.36.0
)

require google.golang.org/protobuf v1.36.4 // indirect
