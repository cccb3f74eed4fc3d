package main

import (
	"context"
	"database/sql"

	"example.com/raid/shared/journal"
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
	logger.Info("purchase is ready")
	return nil
}

// purchase writes what was bought to the journal that billing reads.
func purchase(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	account, _ := ctx.Value(runtime.RUNTIME_CTX_USER_ID).(string)
	journal.Purchase(zap.L(), account, payload)
	return "{}", nil
}
