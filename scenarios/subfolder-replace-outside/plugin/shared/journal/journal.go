// Package journal is what the game server and the billing service write alike.
package journal

import "go.uber.org/zap"

// Purchase records that an account bought an item.
func Purchase(log *zap.Logger, account, item string) {
	log.Info("purchase", zap.String("account", account), zap.String("item", item))
}
