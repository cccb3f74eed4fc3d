// Package shown is written in C.
package shown

// int packed_version(void);
import "C"

// Version returns the format's version.
func Version() int { return int(C.packed_version()) }
