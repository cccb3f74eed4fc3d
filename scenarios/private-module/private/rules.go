// Package rules is what all games of the studio share.
package rules

import "github.com/gofrs/uuid/v5"

// Season names the season that an id was given out in.
func Season(id uuid.UUID) string {
	return "season " + id.String()[:2]
}
