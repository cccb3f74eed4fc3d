module autofix.invalid/porter

go 1.22
