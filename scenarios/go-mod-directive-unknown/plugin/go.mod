module example.com/arena

go 1.23.5

require github.com/heroiclabs/nakama-common v1.36.0

require google.golang.org/protobuf v1.36.4 // indirect

ignore ./assets
