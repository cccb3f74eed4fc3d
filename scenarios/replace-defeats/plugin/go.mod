module example.com/seasons

go 1.23.5

require (
	github.com/heroiclabs/nakama-common v1.36.0
	google.golang.org/protobuf v1.36.8
)

// The forum's advice: force Nakama's version.
replace google.golang.org/protobuf => google.golang.org/protobuf v1.36.4
