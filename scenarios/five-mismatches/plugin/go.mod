module example.com/replays

go 1.26.3

require (
	github.com/gofrs/uuid/v5 v5.3.2
	github.com/heroiclabs/nakama-common v1.46.0
	github.com/klauspost/compress v1.20.3
	go.uber.org/zap v1.27.0
	google.golang.org/protobuf v1.36.12
)

require go.uber.org/multierr v1.11.0 // indirect
