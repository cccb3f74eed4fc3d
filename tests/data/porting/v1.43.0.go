package pieces

import (
	"context"

	"github.com/heroiclabs/nakama-common/runtime"
)

func flags(ctx context.Context, satori runtime.Satori, names []string) error {
	if _, err := satori.ExperimentsList(ctx, "id"); err != nil {
		return err
	}
	if _, err := satori.FlagsList(ctx, "id", "one", "two"); err != nil {
		return err
	}
	if _, err := satori.FlagsOverridesList(ctx, "id", names...); err != nil {
		return err
	}
	_, err := satori.LiveEventsList(
		ctx,
		"id",
		"event",
	)
	return err
}

var (
	tried   = runtime.Experiment{"name", "value"}
	flagged = []*runtime.Flag{{"name", "value", false, nil}}
	over    = runtime.FlagOverrides{"name", nil}
)

var labelled = runtime.LiveEvent{"name", "description", "value", 0, 0, "id", 0, 0, 0, ""}
