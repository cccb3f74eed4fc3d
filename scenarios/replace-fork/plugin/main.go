package main

import (
	"context"
	"database/sql"

	jwt "github.com/dgrijalva/jwt-go"
	"github.com/heroiclabs/nakama-common/runtime"
	"go.uber.org/zap"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("pass", pass); err != nil {
		return err
	}
	logger.Info("pass is ready")
	return nil
}

// pass signs a pass for a player.
func pass(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	claims := jwt.MapClaims{"sub": payload}
	pass, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("arena"))
	zap.L().Info("pass signed", zap.Error(err))
	return pass, err
}
