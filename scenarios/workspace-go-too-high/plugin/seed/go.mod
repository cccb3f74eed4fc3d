module example.com/bots/seed

go 1.24.1
