// Package seasons knows the studio's seasons.
package seasons

// Now returns the season that is on.
func Now() string { return "autumn" }
