// Package scores adds up what players earned.
package scores

import _ "example.com/arena/rules"
