package main

import (
	"context"
	"database/sql"

	"example.com/gacha/config"
	"github.com/gofrs/uuid/v5"
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
	if err := initializer.RegisterRpc("draw", draw); err != nil {
		return err
	}
	logger.Info("draw is ready")
	return nil
}

// draw hands out the id of a draw.
func draw(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	if config.Salt == "" {
		return "", runtime.NewError("this build has no salt", 13)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	return config.Salt + id.String(), nil
}
