package main

import (
	"context"
	"database/sql"
	"sync"

	"github.com/heroiclabs/nakama-common/runtime"
)

var lobbies sync.Mutex

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	lobbies.Lock()
	lobbies.Unlock()
	lobbies.Unlock()
	logger.Info("arena is ready")
	return nil
}
