// Package ranks orders players.
package ranks
