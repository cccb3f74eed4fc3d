package main

import (
	"context"
	"database/sql"
	_"embed"

	"github.com/heroiclabs/nakama-common/runtime"
)

//go:embed settings.json
var settings []byte

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	logger.Debug("%d bytes of settings", len(settings))
	logger.Info("arena is ready")
	return nil
}
