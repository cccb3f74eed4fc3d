package pieces

import (
	"context"

	"github.com/heroiclabs/nakama-common/api"
	"github.com/heroiclabs/nakama-common/runtime"
)

func accounts(ctx context.Context, nk runtime.NakamaModule, ids ...string) ([]*api.Account, error) {
	found, err := nk.AccountsGetId(ctx, ids)
	if err != nil {
		return nil, err
	}
	more, err := nk.AccountsGetId(ctx, []string{
		"one", // the first
		"two",
	})
	return append(found, more...), err
}
