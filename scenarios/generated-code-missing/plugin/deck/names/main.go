// Command names writes the names of the cards.
package main

import "os"

const source = `package deck

// String returns the card's name.
func (card Card) String() string { return [...]string{"ace", "king"}[card] }
`

func main() {
	if err := os.WriteFile("names.go", []byte(source), 0o644); err != nil {
		panic(err)
	}
}
