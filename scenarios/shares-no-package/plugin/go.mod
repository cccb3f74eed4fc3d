module example.com/seals

go 1.26.5

require (
	github.com/heroiclabs/nakama-common v1.47.0
	golang.org/x/crypto v0.58.0
)

require (
	golang.org/x/sys v0.49.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
