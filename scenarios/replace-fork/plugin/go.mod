module example.com/passes

go 1.26.5

require (
	github.com/dgrijalva/jwt-go v3.2.0+incompatible
	github.com/heroiclabs/nakama-common v1.47.0
	go.uber.org/zap v1.27.0
)

require (
	go.uber.org/multierr v1.11.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

// The original is not maintained any more.
replace github.com/dgrijalva/jwt-go => github.com/golang-jwt/jwt v3.2.2+incompatible
