package pieces

import (
	"context"

	"github.com/heroiclabs/nakama-common/runtime"
)

func befriend(ctx context.Context, nk runtime.NakamaModule) error {
	return nk.FriendsAdd(ctx, "user", "name", []string{"friend"}, nil)
}

func authenticateWith(ctx context.Context, satori runtime.Satori) error {
	err := satori.Authenticate(ctx, "id", map[string]string{"a": "b"}, nil, "127.0.0.1")
	if err != nil {
		return err
	}
	err = satori.Authenticate(ctx, "id", nil, nil)
	failed := []error{satori.Authenticate(ctx, "id", nil, nil)}
	_ = failed
	defer satori.Authenticate(ctx, "id", nil, nil)
	return satori.Authenticate(ctx, "id", nil, nil)
}

type tracker interface {
	EventsPublish(ctx context.Context, id string, events []*runtime.Event) error
	Authenticate(ctx context.Context, id string, defaultProperties, customProperties map[string]string, ipAddress ...string) error
}

func track(ctx context.Context, satori runtime.Satori) error {
	var tracking tracker = satori
	if err := tracking.Authenticate(ctx, "id", nil, nil); err != nil {
		return err
	}
	return tracking.EventsPublish(ctx, "id", []*runtime.Event{{Name: "played"}})
}
