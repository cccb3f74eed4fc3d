package main

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/RoaringBitmap/roaring"
	"github.com/heroiclabs/nakama-common/runtime"
)

var bans = roaring.BitmapOf(13, 666)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("banned", banned); err != nil {
		return err
	}
	logger.Info("banned is ready")
	return nil
}

// banned tells whether an account number is banned.
func banned(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	number, err := strconv.ParseUint(payload, 10, 32)
	if err != nil {
		return "", runtime.NewError("not an account number", 3)
	}
	return strconv.FormatBool(bans.Contains(uint32(number))), nil
}
