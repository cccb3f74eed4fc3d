package main

import (
	"context"
	"database/sql"
	"strconv"

	"example.com/physics/waves"
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
	if err := initializer.RegisterRpc("wave", wave); err != nil {
		return err
	}
	logger.Info("wave is ready")
	return nil
}

// wave answers with the height of a wave.
func wave(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	at, err := strconv.ParseFloat(payload, 64)
	if err != nil {
		return "", err
	}
	zap.L().Info("wave", zap.Float64("at", at))
	return strconv.FormatFloat(waves.Height(at), 'f', 3, 64), nil
}
