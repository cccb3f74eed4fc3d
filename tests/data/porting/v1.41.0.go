package pieces

import (
	. "github.com/heroiclabs/nakama-common/runtime"

	"github.com/heroiclabs/nakama-common/runtime"
)

func isFlag(override *runtime.FlagOverride) bool {
	switch override.Type {
	case runtime.FLAG, runtime.FLAG_VARIANT:
		return true
	case runtime.LIVE_EVENT_FLAG, runtime.LIVE_EVENT_FLAG_VARIANT:
		return false
	}
	return override.Type != EXPERIMENT_PHASE_VARIANT_FLAG
}

func reason(flag *runtime.Flag) int {
	var found int = flag.ValueChangeReason.Type
	return found
}
