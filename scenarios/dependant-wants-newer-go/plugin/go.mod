module example.com/shout

go 1.24.0

require (
	github.com/heroiclabs/nakama-common v1.36.0
	golang.org/x/time v0.14.0
)

require google.golang.org/protobuf v1.36.4 // indirect
