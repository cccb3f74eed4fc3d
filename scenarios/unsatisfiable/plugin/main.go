package main

import (
	"context"
	"database/sql"

	"github.com/coreos/etcd/clientv3/naming"
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
	if err := initializer.RegisterRpc("shard", shard); err != nil {
		return err
	}
	logger.Info("shard is ready")
	return nil
}

// shard tells whether the other game servers can be found.
func shard(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	resolver := &naming.GRPCResolver{}
	watcher, err := resolver.Resolve(payload)
	if err != nil {
		return "", err
	}
	watcher.Close()
	return "{}", nil
}
