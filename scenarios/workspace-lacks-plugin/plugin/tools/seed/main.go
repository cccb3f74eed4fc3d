package main

// main fills an empty database.
func main() {}
