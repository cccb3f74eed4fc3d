module example.com/bans

go 1.26.5

require (
	github.com/RoaringBitmap/roaring v0.6.1
	github.com/heroiclabs/nakama-common v1.47.0
)

require (
	github.com/mschoch/smat v0.0.0-20160514031455-90eadee771ae // indirect
	github.com/willf/bitset v1.1.10 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
