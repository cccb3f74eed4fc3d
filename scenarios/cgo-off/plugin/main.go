package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
)

var lobbies map[string]string

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("lobby", lobby); err != nil {
		return err
	}
	lobbies["default"] = "north"
	logger.Info("lobby is ready")
	return nil
}

// lobby says which lobby a player waits in.
func lobby(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	return lobbies[payload], nil
}
