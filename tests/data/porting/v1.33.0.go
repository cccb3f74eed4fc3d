package pieces

import (
	"context"
	"fmt"

	nkruntime "github.com/heroiclabs/nakama-common/runtime"
)

type boards struct {
	nk nkruntime.NakamaModule
}

func (b *boards) create(ctx context.Context) error {
	return b.nk.LeaderboardCreate(ctx, "weekly", true, "desc", "best", "0 0 * * 1", nil)
}

func (b boards) tournaments(ctx context.Context) error {
	err := b.nk.TournamentCreate(ctx, "cup", true, "desc", "best", "", map[string]interface{}{"a": 1},
		"Cup", "The cup", 1, 0, 0, 3600, 100, 3, true)
	return fmt.Errorf("cup: %w", err)
}

// leaderboards is the part of Nakama that these tests replace.
type leaderboards interface {
	LeaderboardCreate(ctx context.Context, id string, authoritative bool, sortOrder, operator, resetSchedule string, metadata map[string]interface{}) error
	LeaderboardDelete(ctx context.Context, id string) error
}

type fakeLeaderboards struct{ created []string }

func (f *fakeLeaderboards) LeaderboardCreate(ctx context.Context, id string, authoritative bool, sortOrder, operator, resetSchedule string, metadata map[string]interface{}) error {
	f.created = append(f.created, id)
	return nil
}

func (f *fakeLeaderboards) LeaderboardDelete(ctx context.Context, id string) error { return nil }

func seed(ctx context.Context, nk nkruntime.NakamaModule) error {
	for _, each := range []leaderboards{nk, &fakeLeaderboards{}} {
		if err := each.LeaderboardCreate(ctx, "daily", false, "asc", "incr", "", nil); err != nil {
			return err
		}
	}
	creating := nk.LeaderboardCreate
	create(creating)
	return nil
}

func create(with func(context.Context, string, bool, string, string, string, map[string]interface{}) error) {
	_ = with
}

// logged is Nakama with a word about each leaderboard.
type logged struct {
	nkruntime.NakamaModule
	logger nkruntime.Logger
}

func (l *logged) LeaderboardCreate(ctx context.Context, id string, authoritative bool, sortOrder, operator, resetSchedule string, metadata map[string]interface{}) error {
	l.logger.Info("leaderboard %s", id)
	return l.NakamaModule.LeaderboardCreate(ctx, id, authoritative, sortOrder, operator, resetSchedule, metadata)
}

var _ nkruntime.NakamaModule = (*logged)(nil)
