package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
	"go.uber.org/zap"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("purchase", purchase); err != nil {
		return err
	}
	audit, err := zap.NewProduction()
	if err != nil {
		return err
	}
	zap.ReplaceGlobals(audit)
	logger.Info("purchase is ready")
	return nil
}

// purchase writes what was bought to the audit log.
func purchase(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	zap.L().Info("purchase", zap.String("item", payload))
	return "{}", nil
}
