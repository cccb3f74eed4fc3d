// Package words is shared by both plugins.
package words

import "strings"

// Join puts words into one sentence.
func Join(words ...string) string {
	return strings.Join(words, " ") + "."
}
