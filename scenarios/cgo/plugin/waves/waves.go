// Package waves is a C library with a Go face.
package waves

/*
#cgo LDFLAGS: -lm
#include "waves.h"
*/
import "C"

// Height returns the height of the sea at a place.
func Height(at float64) float64 {
	return float64(C.wave_height(C.double(at)))
}
