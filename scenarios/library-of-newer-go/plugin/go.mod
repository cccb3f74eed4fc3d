module example.com/arena

go 1.20

require github.com/lmittmann/tint v1.0.3
