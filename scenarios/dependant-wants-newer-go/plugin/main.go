package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
	"golang.org/x/time/rate"
)

// shouts is how often the whole server may shout: ten a second, a hundred at once.
var shouts = rate.NewLimiter(10, 100)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("shout", shout); err != nil {
		return err
	}
	logger.Info("shout is ready")
	return nil
}

// shout lets a player be heard by all, unless too many are shouting already.
func shout(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	if !shouts.Allow() {
		return "", runtime.NewError("too many are shouting", 8)
	}
	return payload, nk.NotificationSendAll(ctx, "shout", nil, 1, false)
}
