module example.com/orphans

go 1.26.5

require (
	example.com/nobody/rules v1.2.0
	github.com/heroiclabs/nakama-common v1.46.0
)

require google.golang.org/protobuf v1.36.11 // indirect
