// Package rules knows who may join.
package rules

import _ "github.com/pkg/errors" // wraps
