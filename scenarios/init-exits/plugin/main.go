package main

import (
	"context"
	"database/sql"
	"log"
	"os"

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
	if os.Getenv("REGION") == "" {
		log.Fatal("REGION is not set")
	}
	logger.Info("arena is ready")
	return nil
}
