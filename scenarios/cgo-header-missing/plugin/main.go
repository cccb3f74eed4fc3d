package main

import (
	"context"
	"database/sql"

	"example.com/replays/packed"
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
	if err := initializer.RegisterRpc("replay", replay); err != nil {
		return err
	}
	logger.Info("replay is ready")
	return nil
}

// replay answers with the size of a packed replay.
func replay(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	return packed.Version(), nil
}
