module example.com/guilds

go 1.23.5

require (
	github.com/gofrs/uuid/v5 v5.3.0
	github.com/golang-jwt/jwt/v5 v5.2.1
	github.com/heroiclabs/nakama-common v1.36.0
	github.com/klauspost/compress v1.17.11
	go.uber.org/zap v1.27.0
	golang.org/x/crypto v0.32.0
	golang.org/x/sync v0.10.0
	golang.org/x/text v0.21.0
	google.golang.org/protobuf v1.36.4
)

require go.uber.org/multierr v1.11.0 // indirect
