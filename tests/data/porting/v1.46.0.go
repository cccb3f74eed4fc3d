package pieces

import (
	"context"
	"errors"

	"github.com/heroiclabs/nakama-common/runtime"
)

// fleet runs no servers.
type fleet struct {
	nk      runtime.NakamaModule
	handler runtime.FmCallbackHandler
}

func (f *fleet) Create(ctx context.Context, maxPlayers int, userIds []string, latencies []runtime.FleetUserLatencies, metadata map[string]any, callback runtime.FmCreateCallbackFn) (err error) {
	if maxPlayers == 0 {
		return errors.New("nobody")
	}
	func() error { return nil }()
	if err = f.start(ctx); err != nil {
		return
	}
	return f.start(ctx)
}

func (f *fleet) start(ctx context.Context) error { return nil }

func (f *fleet) Get(ctx context.Context, id string) (instance *runtime.InstanceInfo, err error) {
	return nil, nil
}

func (f *fleet) List(ctx context.Context, query string, limit int, previousCursor string) (list []*runtime.InstanceInfo, nextCursor string, err error) {
	return nil, "", nil
}

func (f *fleet) Join(ctx context.Context, id string, userIds []string, metadata map[string]string) (joinInfo *runtime.JoinInfo, err error) {
	return nil, nil
}

func (f *fleet) Init(nk runtime.NakamaModule, callbackHandler runtime.FmCallbackHandler) error {
	f.nk, f.handler = nk, callbackHandler
	return nil
}

func (f *fleet) Update(ctx context.Context, id string, playerCount int, metadata map[string]any) error {
	return nil
}

func (f *fleet) Delete(ctx context.Context, id string) error { return nil }

func registerFleet(ctx context.Context, initializer runtime.Initializer, nk runtime.NakamaModule) error {
	mine := &fleet{}
	if err := initializer.RegisterFleetManager(mine); err != nil {
		return err
	}
	if err := mine.Create(ctx, 2, nil, nil, nil, nil); err != nil {
		return err
	}
	return nk.GetFleetManager().Create(ctx, 2, nil, nil, nil, nil)
}

var raced = runtime.Experiment{"name", "value", nil}

var ran = runtime.LiveEvent{"name", "description", "value", nil, 0, 0, "id", 0, 0, 0, "", 0}
