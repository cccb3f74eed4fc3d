package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"example.com/studio/roster"
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
	if err := initializer.RegisterRpc("friends", friends); err != nil {
		return err
	}
	logger.Info("friends is ready")
	return nil
}

// friends answers with the accounts of the ids it is given.
func friends(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	accounts, err := roster.Accounts(ctx, nk, strings.Split(payload, ","))
	if err != nil {
		return "", err
	}
	answer, err := json.Marshal(accounts)
	return string(answer), err
}
