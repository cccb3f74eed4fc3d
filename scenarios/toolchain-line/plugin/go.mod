module example.com/arena

go 1.20

toolchain go1.26.5
