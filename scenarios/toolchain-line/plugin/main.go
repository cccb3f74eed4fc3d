package main

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule() {}
