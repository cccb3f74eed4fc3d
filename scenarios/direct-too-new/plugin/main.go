package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

// InitModule is what Nakama calls once the plugin is loaded.
func InitModule(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	initializer runtime.Initializer,
) error {
	if err := initializer.RegisterRpc("loadout", loadout); err != nil {
		return err
	}
	logger.Info("loadout is ready")
	return nil
}

// loadout tidies up a player's loadout before it is stored.
func loadout(
	ctx context.Context,
	logger runtime.Logger,
	db *sql.DB,
	nk runtime.NakamaModule,
	payload string,
) (string, error) {
	var items structpb.Struct
	if err := protojson.Unmarshal([]byte(payload), &items); err != nil {
		return "", runtime.NewError("the loadout is not a JSON object", 3)
	}
	tidy, err := protojson.Marshal(&items)
	return string(tidy), err
}
