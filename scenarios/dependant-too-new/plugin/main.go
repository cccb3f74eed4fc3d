package main

import (
	"context"
	"database/sql"

	"cloud.google.com/go/auth/credentials"
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
	if err := initializer.RegisterRpc("project", project); err != nil {
		return err
	}
	logger.Info("project is ready")
	return nil
}

// project tells which Google Cloud project the server runs in.
func project(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	found, err := credentials.DetectDefault(&credentials.DetectOptions{
		Scopes: []string{"https://www.googleapis.com/auth/cloud-platform"},
	})
	if err != nil {
		return "", err
	}
	return found.ProjectID(ctx)
}
