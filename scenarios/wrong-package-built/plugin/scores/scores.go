// Package scores adds up what players earned.
package scores

// Total returns the sum.
func Total(all ...int) (sum int) {
	for _, one := range all {
		sum += one
	}
	return sum
}
