package main

import _ "github.com/lmittmann/tint"

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule() {}
