package main

import (
	"context"
	"database/sql"

	"example.com/nobody/rules"
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

// season tells which season it is.
func season(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	return rules.Season(), nil
}
