package main

import (
	"context"
	"database/sql"
	"encoding/hex"

	"github.com/heroiclabs/nakama-common/runtime"
	"golang.org/x/crypto/argon2"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("seal", seal); err != nil {
		return err
	}
	logger.Info("seal is ready")
	return nil
}

// seal hashes a secret with the salt of this game.
func seal(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	key := argon2.IDKey([]byte(payload), []byte("arena"), 1, 8*1024, 1, 32)
	return hex.EncodeToString(key), nil
}
