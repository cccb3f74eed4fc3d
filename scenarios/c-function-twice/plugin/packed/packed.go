// Package packed is written in C.
package packed

// int packed_version(void);
import "C"

// Version returns the format's version.
func Version() int { return int(C.packed_version()) }
