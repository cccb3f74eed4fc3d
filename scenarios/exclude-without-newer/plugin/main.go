package main

import _ "example.com/rules"

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule() {}
