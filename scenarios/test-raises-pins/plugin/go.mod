module example.com/uptime

go 1.26.5

require (
	github.com/heroiclabs/nakama-common v1.47.0
	golang.org/x/sys v0.46.0
)

require google.golang.org/protobuf v1.36.11 // indirect
