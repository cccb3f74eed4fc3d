package main

import (
	"context"
	"database/sql"

	"example.com/island/words"
	"github.com/heroiclabs/nakama-common/runtime"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("greet", greet); err != nil {
		return err
	}
	logger.Info("greet is ready")
	return nil
}

// greet greets a player the way the island does.
func greet(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	name := cases.Title(language.English).String(payload)
	return words.Join("Welcome", name), nil
}
