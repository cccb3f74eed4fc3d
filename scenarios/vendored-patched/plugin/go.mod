module example.com/seasons

go 1.26.5

require (
	github.com/Masterminds/semver/v3 v3.3.1
	github.com/heroiclabs/nakama-common v1.47.0
	golang.org/x/text v0.36.0
)

require google.golang.org/protobuf v1.36.11 // indirect
