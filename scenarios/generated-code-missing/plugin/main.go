package main

import (
	"context"
	"database/sql"

	"example.com/cards/deck"
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
	if err := initializer.RegisterRpc("draw", draw); err != nil {
		return err
	}
	logger.Info("draw is ready")
	return nil
}

// draw names a card.
func draw(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	return deck.Ace.String(), nil
}
