//go:build !live

package config

import _ "github.com/gorilla/mux"

// Salt is not needed in tests.
const Salt = ""
