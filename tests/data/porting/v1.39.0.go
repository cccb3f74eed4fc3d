package pieces

import "github.com/heroiclabs/nakama-common/runtime"

var played = runtime.Event{"played", "id", nil, "", 0}

var shown = runtime.Flag{"name", "value", true}

func overridden(override *runtime.FlagOverride) string {
	return override.Type
}
