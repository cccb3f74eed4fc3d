module example.com/logins

go 1.23.5

require (
	github.com/heroiclabs/nakama-common v1.36.0
	golang.org/x/oauth2 v0.5.0
	google.golang.org/protobuf v1.36.5
)

require (
	cloud.google.com/go/compute v1.18.0 // indirect
	cloud.google.com/go/compute/metadata v0.2.3 // indirect
	github.com/golang/protobuf v1.5.2 // indirect
	golang.org/x/net v0.6.0 // indirect
	google.golang.org/appengine v1.6.7 // indirect
)
