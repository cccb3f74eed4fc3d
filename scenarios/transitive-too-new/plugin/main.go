package main

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/heroiclabs/nakama-common/runtime"
	"github.com/shirou/gopsutil/v4/mem"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("capacity", capacity); err != nil {
		return err
	}
	logger.Info("capacity is ready")
	return nil
}

// capacity tells the matchmaker how much memory this node has left.
func capacity(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	memory, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return "", err
	}
	answer, err := json.Marshal(map[string]uint64{"available": memory.Available})
	return string(answer), err
}
