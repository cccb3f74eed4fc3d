package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

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
	node, _ := ctx.Value(runtime.RUNTIME_CTX_NODE).(string)
	if !strings.HasPrefix(node, "nakama") {
		return fmt.Errorf("fleets are started by nakama nodes, not by %q", node)
	}
	logger.Info("fleets belong to %s", node)
	return nil
}
