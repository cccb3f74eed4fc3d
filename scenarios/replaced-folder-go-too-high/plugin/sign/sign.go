// Package sign is what the game server and the web shop sign alike.
package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Sign returns the signature of a receipt.
func Sign(receipt string) string {
	mac := hmac.New(sha256.New, []byte("vault"))
	mac.Write([]byte(receipt))
	return hex.EncodeToString(mac.Sum(nil))
}
