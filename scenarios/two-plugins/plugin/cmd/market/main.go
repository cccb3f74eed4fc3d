package main

import (
	"context"
	"database/sql"

	"example.com/island/words"
	"github.com/gofrs/uuid/v5"
	"github.com/heroiclabs/nakama-common/runtime"
	"go.uber.org/zap"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("offer", offer); err != nil {
		return err
	}
	logger.Info("offer is ready")
	return nil
}

// offer puts a player's offer on the market.
func offer(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	zap.L().Info("offered", zap.String("what", payload))
	return words.Join(payload, id.String()), nil
}
