module example.com/arena/tools/seed

go 1.26.5
