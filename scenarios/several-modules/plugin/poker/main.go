package main

import (
	"context"
	"database/sql"

	"example.com/games/cards"
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
	if err := initializer.RegisterRpc("deal", deal); err != nil {
		return err
	}
	logger.Info("deal is ready")
	return nil
}

// deal names a new deal.
func deal(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	return cards.Deal(cases.Title(language.English).String("poker"))
}
