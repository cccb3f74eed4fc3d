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
	done := make(chan struct{})
	go func() {
		lobbies["default"] = "north"
		close(done)
	}()
	<-done
	logger.Info("arena is ready")
	return nil
}
