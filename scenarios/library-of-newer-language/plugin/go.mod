module example.com/arena

go 1.20

require golang.org/x/exp v0.0.0-20241009180824-f66d83c29e7c
