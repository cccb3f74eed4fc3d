// Package deck knows the cards.
package deck

//go:generate go run ./names

// Card is one card of the deck.
type Card int

// The cards.
const (
	Ace Card = iota
	King
)
