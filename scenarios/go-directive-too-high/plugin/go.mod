module example.com/chess

go 1.24.0

toolchain go1.24.3

require (
	github.com/gofrs/uuid/v5 v5.3.0
	github.com/heroiclabs/nakama-common v1.36.0
)

require google.golang.org/protobuf v1.36.4 // indirect
