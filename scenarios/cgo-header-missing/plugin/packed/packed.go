// Package packed packs replays with zlib.
package packed

/*
#cgo LDFLAGS: -lz
#include <zlib.h>
*/
import "C"

// Version returns zlib's version.
func Version() string {
	return C.GoString(C.zlibVersion())
}
