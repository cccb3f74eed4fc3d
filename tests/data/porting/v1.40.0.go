package pieces

import "github.com/heroiclabs/nakama-common/runtime"

func kind(override *runtime.FlagOverride, wanted int) int {
	if override.Type == wanted {
		override.Type = wanted
	}
	made := runtime.FlagOverride{Type: wanted, Name: "made"}
	return override.Type + made.Type
}
