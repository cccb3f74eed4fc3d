package pieces

import (
	"context"

	"github.com/heroiclabs/nakama-common/runtime"
)

func events(ctx context.Context, satori runtime.Satori) (*runtime.MessageList, error) {
	list, err := satori.LiveEventsList(ctx, "id", nil, nil)
	if err != nil || len(list.LiveEvents) == 0 {
		return nil, err
	}
	return satori.MessagesList(ctx, "id", 10, true, "")
}

var held = runtime.LiveEventList{[]*runtime.LiveEvent{{Name: "event"}}}

var joined = runtime.LiveEvent{"name", "description", "value", nil, 0, 0, "id", 0, 0, 0, ""}
