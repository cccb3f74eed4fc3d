package main

import _ "golang.org/x/exp/constraints"

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule() {}
