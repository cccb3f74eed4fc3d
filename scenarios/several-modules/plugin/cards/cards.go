// Package cards is what all card games share.
package cards

import "github.com/gofrs/uuid/v5"

// Deal names a new deal.
func Deal(game string) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	return game + " " + id.String(), nil
}
