module example.com/kitchensink

go 1.26.3

require (
	cloud.google.com/go/compute/metadata v0.9.1
	github.com/RoaringBitmap/roaring v1.2.3
	github.com/axiomhq/hyperloglog v0.0.0-20240507144631-af9851f82b27
	github.com/bits-and-blooms/bitset v1.24.5
	github.com/blevesearch/mmap-go v1.0.4
	github.com/blevesearch/segment v0.9.0
	github.com/blevesearch/vellum v1.1.0
	github.com/dgryski/go-metro v0.0.0-20211217172704-adc40b04c140
	github.com/dlclark/regexp2/v2 v2.12.0
	github.com/felixge/httpsnoop v1.0.4
	github.com/go-sourcemap/sourcemap v2.1.3+incompatible
	github.com/gofrs/uuid/v5 v5.3.2
	github.com/golang/snappy v0.0.4
	github.com/google/pprof v0.0.0-20240528025155-186aa0362fba
	github.com/gorilla/handlers v1.5.1
	github.com/gorilla/mux v1.8.0
	github.com/gorilla/websocket v1.5.1
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.28.0
	github.com/heroiclabs/nakama-common v1.46.0
	github.com/jackc/pgerrcode v0.0.0-20240316143900-6e2875d9b438
	github.com/jackc/pgservicefile v0.0.0-20221227161230-091c0ba34f0a
	github.com/jackc/puddle/v2 v2.2.1
	github.com/klauspost/compress v1.20.3
	github.com/prometheus/client_model v0.6.3
	github.com/prometheus/common v0.69.0
	github.com/prometheus/procfs v0.20.1
	github.com/twmb/murmur3 v1.2.2
	github.com/uber-go/tally/v4 v4.1.16
	go.uber.org/atomic v1.12.0
	go.uber.org/multierr v1.10.0
	go.uber.org/zap v1.27.0
	golang.org/x/crypto v0.53.0
	golang.org/x/net v0.56.0
	golang.org/x/oauth2 v0.37.0
	golang.org/x/sync v0.24.0
	golang.org/x/sys v0.48.0
	golang.org/x/text v0.41.0
	google.golang.org/genproto/googleapis/api v0.0.0-20260209200024-4cfbd4190f57
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260209200024-4cfbd4190f57
	google.golang.org/grpc v1.80.0
	google.golang.org/protobuf v1.36.12
	gopkg.in/natefinch/lumberjack.v2 v2.0.0
)

require (
	github.com/BurntSushi/toml v1.6.0 // indirect
	github.com/golang/mock v1.6.0 // indirect
	github.com/mschoch/smat v0.2.0 // indirect
)
