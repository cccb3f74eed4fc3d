package pieces

import (
	"context"

	"github.com/heroiclabs/nakama-common/api"
	"github.com/heroiclabs/nakama-common/runtime"
)

func authenticate(ctx context.Context, satori runtime.Satori, addresses []string) error {
	if err := satori.Authenticate(ctx, "id"); err != nil {
		return err
	}
	if satori.Authenticate(ctx, "id", "127.0.0.1") != nil {
		return nil
	}
	return satori.Authenticate(ctx, "id", addresses...)
}

func paged(ctx context.Context, nk runtime.NakamaModule) (objects *api.StorageObjects, err error) {
	objects, err = nk.StorageIndexList(ctx, "", "guilds", "", 10, []string{"name"})
	return
}

var sold = runtime.LiveEvent{"name", "description", "value", 0, 0}

// noSatori stands for Satori where there is none.
type noSatori struct{}

var _ runtime.Satori = noSatori{}

func (noSatori) Authenticate(ctx context.Context, id string, ipAddress ...string) error {
	return nil
}

func (noSatori) PropertiesGet(ctx context.Context, id string) (*runtime.Properties, error) {
	return nil, nil
}

func (noSatori) PropertiesUpdate(ctx context.Context, id string, properties *runtime.PropertiesUpdate) error {
	return nil
}

func (noSatori) EventsPublish(ctx context.Context, id string, events []*runtime.Event) error {
	return nil
}

func (noSatori) ExperimentsList(ctx context.Context, id string, names ...string) (*runtime.ExperimentList, error) {
	return nil, nil
}

func (noSatori) FlagsList(ctx context.Context, id string, names ...string) (*runtime.FlagList, error) {
	return nil, nil
}

func (noSatori) LiveEventsList(ctx context.Context, id string, names ...string) (*runtime.LiveEventList, error) {
	return nil, nil
}
