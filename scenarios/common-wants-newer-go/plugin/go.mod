module example.com/invites

go 1.23.5

require (
	github.com/gofrs/uuid/v5 v5.3.0
	github.com/heroiclabs/nakama-common v1.37.0
)

require google.golang.org/protobuf v1.36.6 // indirect
