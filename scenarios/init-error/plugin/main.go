package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"

	"github.com/heroiclabs/nakama-common/runtime"
)

var rewards map[string]string

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("reward", reward); err != nil {
		return err
	}
	table, err := os.ReadFile("/nakama/data/rewards.json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(table, &rewards); err != nil {
		return err
	}
	logger.Info("reward is ready")
	return nil
}

// reward answers with today's reward.
func reward(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	return rewards[payload], nil
}
