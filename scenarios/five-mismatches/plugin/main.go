package main

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/gofrs/uuid/v5"
	"github.com/heroiclabs/nakama-common/runtime"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var packer, _ = zstd.NewWriter(nil)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("replay", replay); err != nil {
		return err
	}
	logger.Info("replay is ready")
	return nil
}

// replay packs a replay and says where it was put.
func replay(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	packed := packer.EncodeAll([]byte(payload), nil)
	zap.L().Info("replay packed", zap.Int("from", len(payload)), zap.Int("to", len(packed)))
	answer, err := json.Marshal(map[string]any{
		"id":     id.String(),
		"bytes":  len(packed),
		"stored": timestamppb.Now().AsTime(),
	})
	return string(answer), err
}
