module example.com/go-patch

go 1.26.1

require github.com/heroiclabs/nakama-common v1.45.0

require google.golang.org/protobuf v1.36.11 // indirect
