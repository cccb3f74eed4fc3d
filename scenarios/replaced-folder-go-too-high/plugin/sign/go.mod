module example.com/vault/sign

go 1.24.0
