module example.com/island

go 1.26.5

require (
	github.com/gofrs/uuid/v5 v5.4.0
	github.com/heroiclabs/nakama-common v1.47.0
	go.uber.org/zap v1.27.0
	golang.org/x/text v0.39.0
)

require (
	go.uber.org/multierr v1.11.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
