package main

import (
	"context"
	"database/sql"

	"git.studio.invalid/studio/ranks"
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
	if err := initializer.RegisterRpc("display_name", displayName); err != nil {
		return err
	}
	logger.Info("display_name is ready")
	return nil
}

// displayName writes a name the way its owner's language does.
func displayName(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	name := cases.Title(language.Turkish).String(payload)
	return name + ", " + ranks.Of(len(payload)), nil
}
