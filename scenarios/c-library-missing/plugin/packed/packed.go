// Package packed is written in C.
package packed

/*
#cgo LDFLAGS: -lleaderboard
static int version(void) { return 3; }
*/
import "C"

// Version returns the format's version.
func Version() int { return int(C.version()) }
