package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"github.com/gofrs/uuid/v5"
	"github.com/golang-jwt/jwt/v5"
	"github.com/heroiclabs/nakama-common/runtime"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var (
	packer, _ = zstd.NewWriter(nil)
	signing   = semaphore.NewWeighted(4)
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("invite", invite); err != nil {
		return err
	}
	logger.Info("invite is ready")
	return nil
}

// invite signs an invitation to a guild whose name is given.
func invite(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	if err := signing.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer signing.Release(1)
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	guild := norm.NFC.String(strings.TrimSpace(payload))
	code, err := bcrypt.GenerateFromPassword(id.Bytes(), bcrypt.MinCost)
	if err != nil {
		return "", err
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"guild": guild,
		"until": timestamppb.Now().AsTime().AddDate(0, 0, 7).Unix(),
	}).SignedString(code)
	if err != nil {
		return "", err
	}
	zap.L().Info("invited", zap.Int("bytes", len(packer.EncodeAll([]byte(token), nil))))
	answer, err := json.Marshal(map[string]string{"id": id.String(), "token": token})
	return string(answer), err
}
