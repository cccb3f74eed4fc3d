package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
	"golang.org/x/oauth2"
	_ "golang.org/x/oauth2/google" // for its credentials
	"google.golang.org/protobuf/types/known/timestamppb"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("login", login); err != nil {
		return err
	}
	logger.Info("login is ready")
	return nil
}

// login answers with where a player logs in.
func login(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	config := oauth2.Config{ClientID: payload, Endpoint: oauth2.Endpoint{AuthURL: "https://login.example.com"}}
	return config.AuthCodeURL(timestamppb.Now().String()), nil
}
