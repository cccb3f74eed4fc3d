package main

import (
	"context"
	"database/sql"

	"github.com/gofrs/uuid/v5"
	"github.com/heroiclabs/nakama-common/runtime"
)

// season is what the server's configuration says.
var season string

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	variables, _ := ctx.Value(runtime.RUNTIME_CTX_ENV).(map[string]string)
	if season = variables["SEASON"]; season == "" {
		return runtime.NewError("SEASON is not set", 3)
	}
	if err := initializer.RegisterRpc("ticket", ticket); err != nil {
		return err
	}
	logger.Info("ticket is ready")
	return nil
}

// ticket hands out an id that names the season.
func ticket(
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
	return season + " " + id.String(), nil
}
