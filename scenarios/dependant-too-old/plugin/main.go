package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
	"google.golang.org/api/option"
	"google.golang.org/api/transport/grpc"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("fleet", fleet); err != nil {
		return err
	}
	logger.Info("fleet is ready")
	return nil
}

// fleet tells whether the service that starts game servers can be reached.
func fleet(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	connection, err := grpc.Dial(ctx, option.WithEndpoint(payload))
	if err != nil {
		return "", err
	}
	state := connection.GetState().String()
	return `{"state": "` + state + `"}`, connection.Close()
}
