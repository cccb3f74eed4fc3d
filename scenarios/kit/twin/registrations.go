package main

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"go.uber.org/zap"
)

// registration is one Register call of a module: its method and first text argument.
type registration struct{ language, method, id string }

// registrations are all Register calls, announced once every module is loaded.
type registrations struct{ all []registration }

func (r *registrations) add(language, method, id string) {
	if method == "RegisterRpc" || method == "RegisterBeforeRt" || method == "RegisterAfterRt" {
		id = strings.ToLower(id)
	}
	r.all = append(r.all, registration{language, strings.TrimPrefix(method, "Register"), id})
}

// announce logs one line a registration, in Nakama's order of kinds.
func (r *registrations) announce(logger *zap.Logger) {
	all := slices.Clone(r.all)
	slices.SortFunc(all, func(a, b registration) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.method, b.method), cmp.Compare(a.id, b.id))
	})
	for _, one := range slices.Compact(all) {
		one.announce(logger)
	}
}

func (r registration) rank() int {
	kinds := []string{"Event", "Rpc", "BeforeRt", "AfterRt", "Before", "After"}
	for rank, kind := range kinds {
		if strings.HasPrefix(r.method, kind) {
			return rank
		}
	}
	switch r.method {
	case "StorageIndexFilter":
		return len(kinds) + 1
	case "Match":
		return len(kinds) + 2
	}
	return len(kinds)
}

func (r registration) announce(logger *zap.Logger) {
	said := "Registered " + r.language + " runtime "
	switch {
	case r.method == "Event":
		logger.Info("Registered event function invocation for custom events")
	case r.method == "EventSessionStart":
		logger.Info("Registered event function invocation", zap.String("id", "session_start"))
	case r.method == "EventSessionEnd":
		logger.Info("Registered event function invocation", zap.String("id", "session_end"))
	case r.method == "Rpc":
		logger.Info(said+"RPC function invocation", zap.String("id", r.id))
	case r.method == "BeforeRt" || r.method == "AfterRt":
		kind := strings.TrimSuffix(r.method, "Rt")
		logger.Info(said+kind+" function invocation", zap.String("id", r.id))
	case r.method == "BeforeEvent" || r.method == "AfterEvent":
		kind := strings.TrimSuffix(r.method, "Event")
		logger.Info(said + kind + " custom events function invocation")
	case strings.HasPrefix(r.method, "Before"):
		id := strings.ToLower(strings.TrimPrefix(r.method, "Before"))
		logger.Info(said+"Before function invocation", zap.String("id", id))
	case strings.HasPrefix(r.method, "After"):
		id := strings.ToLower(strings.TrimPrefix(r.method, "After"))
		logger.Info(said+"After function invocation", zap.String("id", id))
	case r.method == "Match":
		logger.Info(said+"Match creation function invocation", zap.String("name", r.id))
	case r.method == "StorageIndexFilter":
		logger.Info(said+"storage index filter function invocation", zap.String("index_name", r.id))
	case r.method == "StorageIndex", r.method == "Http", r.method == "ConsoleHttp", r.method == "FleetManager":
		// Nakama registers these without a line.
	default:
		logger.Info(said + spaced(r.method) + " function invocation")
	}
}

// spaced turns TournamentEnd into "Tournament End".
func spaced(name string) string {
	var words strings.Builder
	for i, letter := range name {
		if i > 0 && unicode.IsUpper(letter) {
			words.WriteByte(' ')
		}
		words.WriteRune(letter)
	}
	return words.String()
}
