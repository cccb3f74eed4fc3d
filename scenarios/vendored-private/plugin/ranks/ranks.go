// Package ranks names the ranks of every game of the studio.
package ranks

// Of returns the rank that belongs to a rating.
func Of(rating int) string {
	if rating > 2000 {
		return "master"
	}
	return "novice"
}
