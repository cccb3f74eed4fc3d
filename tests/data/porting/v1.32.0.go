package pieces

import (
	"context"
	"errors"

	"github.com/heroiclabs/nakama-common/api"
	"github.com/heroiclabs/nakama-common/runtime"
)

const limit = 10

// The index of guilds; this comment stays.
func registerIndex(initializer runtime.Initializer) error {
	if err := initializer.RegisterStorageIndex("guilds", "guild", "", []string{"name"}, 1000, false); err != nil {
		return err
	}
	return initializer.RegisterStorageIndex(
		"players", // the name
		"player",  // the collection
		"",
		[]string{
			"level",
		},
		5_000, true,
	)
}

func listIndex(ctx context.Context, nk runtime.NakamaModule) (*api.StorageObjects, error) {
	objects, err := nk.StorageIndexList(ctx, "", "guilds", "+value.name:x", limit)
	if err != nil {
		return nil, err
	}
	if _, err := nk.StorageIndexList(ctx, "", "guilds", "", limit); err != nil {
		return nil, errors.Join(err, errors.New("no index"))
	}
	var again, failed = nk.StorageIndexList(ctx, "", "guilds", "", limit)
	if failed == nil && len(again.Objects) == 0 {
		return objects, nil
	}
	objects, err = nk.StorageIndexList(ctx, "", "guilds", "", limit)
	_ = func() (*api.StorageObjects, error) { return nk.StorageIndexList(ctx, "", "a", "b", 1) }
	switch {
	case err == nil:
		return must(nk.StorageIndexList(ctx, "", "guilds", "", limit)), nil
	}
	nk.StorageIndexList(ctx, "", "guilds", "", limit)
	return nk.StorageIndexList(ctx, "", "guilds", "", limit)
}

func must(objects *api.StorageObjects, err error) *api.StorageObjects {
	if err != nil {
		panic(err)
	}
	return objects
}
