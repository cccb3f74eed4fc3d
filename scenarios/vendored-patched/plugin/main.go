package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/Masterminds/semver/v3"
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
	if err := initializer.RegisterRpc("season", season); err != nil {
		return err
	}
	logger.Info("season is ready")
	return nil
}

// season names the season that a client's version opens.
func season(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	version, err := semver.NewVersion(payload)
	if err != nil {
		return "", err
	}
	name := cases.Title(language.Turkish).String("season")
	return fmt.Sprintf("%s %d", name, version.Season()), nil
}
