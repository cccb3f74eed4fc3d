package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/heroiclabs/nakama-common/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("explain", explain); err != nil {
		return err
	}
	logger.Info("explain is ready")
	return nil
}

// explain says what a failure means to a client.
func explain(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	failure := status.Convert(errors.New(payload))
	if failure.Code() == codes.Unknown {
		return "try again later", nil
	}
	return failure.Message(), nil
}
