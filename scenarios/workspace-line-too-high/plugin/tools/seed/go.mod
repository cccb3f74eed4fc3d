module example.com/arena/tools/seed

go 1.26.5

require google.golang.org/protobuf v1.36.11
