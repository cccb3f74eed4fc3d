package main

import (
	"context"
	"database/sql"

	rules "git.studio.example/studio/rules.git"
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
	if err := initializer.RegisterRpc("season", season); err != nil {
		return err
	}
	logger.Info("season is ready")
	return nil
}

// season tells which season a new match belongs to.
func season(
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
	return rules.Season(id), nil
}
