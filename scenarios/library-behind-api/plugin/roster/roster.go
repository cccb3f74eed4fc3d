// Package roster looks up who plays.
package roster

import (
	"context"

	"github.com/heroiclabs/nakama-common/api"
	"github.com/heroiclabs/nakama-common/runtime"
)

// Accounts returns the accounts of the ids.
func Accounts(ctx context.Context, nk runtime.NakamaModule, ids []string) ([]*api.Account, error) {
	return nk.AccountsGetId(ctx, ids)
}
