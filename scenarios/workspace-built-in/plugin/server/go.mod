module example.com/arena/server

go 1.26.3

require (
	github.com/gofrs/uuid/v5 v5.4.0
	github.com/heroiclabs/nakama-common v1.46.0
)

require google.golang.org/protobuf v1.36.11 // indirect
