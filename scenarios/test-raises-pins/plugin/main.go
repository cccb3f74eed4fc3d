package main

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/heroiclabs/nakama-common/runtime"
	"golang.org/x/sys/unix"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("uptime", uptime); err != nil {
		return err
	}
	logger.Info("uptime is ready")
	return nil
}

// uptime tells the operators for how many seconds this node has been up.
func uptime(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	seconds, err := up()
	return strconv.FormatInt(seconds, 10), err
}

func up() (int64, error) {
	var info unix.Sysinfo_t
	err := unix.Sysinfo(&info)
	return int64(info.Uptime), err
}
