module example.com/physics

go 1.26.5

require (
	github.com/heroiclabs/nakama-common v1.47.0
	go.uber.org/zap v1.27.0
)

require (
	go.uber.org/multierr v1.11.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
