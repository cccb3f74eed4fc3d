module example.com/vault/server

go 1.24.0

require (
	example.com/vault/sign v0.0.0
	github.com/heroiclabs/nakama-common v1.36.0
)

require google.golang.org/protobuf v1.36.4 // indirect

replace example.com/vault/sign => ../sign
