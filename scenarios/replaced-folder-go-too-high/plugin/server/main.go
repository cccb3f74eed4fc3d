package main

import (
	"context"
	"database/sql"

	"example.com/vault/sign"
	"github.com/heroiclabs/nakama-common/runtime"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("receipt", receipt); err != nil {
		return err
	}
	logger.Info("receipt is ready")
	return nil
}

// receipt signs what the shop sold.
func receipt(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	return sign.Sign(payload), nil
}
