module example.com/bots/seed

go 1.23.5
