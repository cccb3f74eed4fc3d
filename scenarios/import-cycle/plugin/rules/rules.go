// Package rules knows who may join.
package rules

import _ "example.com/arena/scores"
