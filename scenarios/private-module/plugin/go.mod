module example.com/league

go 1.26.5

require (
	git.studio.example/studio/rules.git v1.2.0
	github.com/gofrs/uuid/v5 v5.5.1
	github.com/heroiclabs/nakama-common v1.47.0
)

require google.golang.org/protobuf v1.36.11 // indirect
