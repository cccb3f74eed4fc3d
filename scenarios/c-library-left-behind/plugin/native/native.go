// Package native is the studio's library in C.
package native

/*
#cgo LDFLAGS: -L${SRCDIR} -lscore
#include "score.h"
*/
import "C"

// Version returns the library's version.
func Version() int { return int(C.score_version()) }
