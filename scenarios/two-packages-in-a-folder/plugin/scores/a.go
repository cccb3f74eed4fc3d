// Package scores adds up what players earned.
package scores
