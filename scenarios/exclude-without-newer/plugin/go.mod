module example.com/arena

go 1.15

require example.com/rules v0.0.0

replace example.com/rules => ./rules

exclude github.com/pkg/errors v0.9.1
