module example.com/veteran

go 1.16

require (
	github.com/gofrs/uuid v4.0.0+incompatible
	github.com/heroiclabs/nakama-common v1.21.0
)
