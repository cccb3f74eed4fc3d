package main

import (
	"context"
	"database/sql"
	"time"

	"github.com/heroiclabs/nakama-common/runtime"
	"google.golang.org/protobuf/encoding/protojson"
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
	if err := initializer.RegisterRpc("season", season); err != nil {
		return err
	}
	logger.Info("season is ready")
	return nil
}

// season says when the running season ends.
func season(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	end := timestamppb.New(time.Now().AddDate(0, 3, 0).Truncate(time.Hour))
	answer, err := protojson.Marshal(end)
	return string(answer), err
}
