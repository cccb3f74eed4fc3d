"""What a sweep removes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from autofix.engines.docker.cleaning import clear, remove_all, sweep
from autofix.engines.leftovers import Kind, Thing
from autofix.engines.ownership import CACHE, KEEP, RUN, Owner
from autofix.errors import AutofixError, EngineLostError, EnvironmentUnusableError

ALIVE = Owner(run="alive", host="here", pid=1, started="s1")
DEAD = Owner(run="dead", host="here", pid=2, started="s2")
AWAY = Owner(run="away", host="there", pid=1, started="s1")
PROCESSES = {1: "s1"}


@dataclass
class FakeStore:
    """An engine with a few labelled things, which notes what is removed."""

    things: list[Thing]
    failures: dict[str, AutofixError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def labelled(self, label: str) -> tuple[Thing, ...]:
        """Return what carries the label, ``KEY`` or ``KEY=VALUE``."""
        key, _, value = label.partition("=")
        return tuple(
            thing
            for thing in self.things
            if key in thing.labels and value in ("", thing.labels[key])
        )

    def remove(self, kind: Kind, identity: str) -> None:
        """Remove by kind and id."""
        self.asked.append(f"{kind} {identity}")
        if identity in self.failures:
            raise self.failures[identity]
        self.things = [thing for thing in self.things if thing.identity != identity]


def thing(name: str, labels: dict[str, str], kind: Kind = Kind.CONTAINER) -> Thing:
    """Return a thing whose id is its name."""
    return Thing(kind=kind, identity=name, name=name, labels=labels)


def names(things: tuple[Thing, ...]) -> list[str]:
    """Return the names of things."""
    return [thing.name for thing in things]


def store() -> FakeStore:
    """Return a store with something of everybody."""
    return FakeStore(
        [
            thing("dead-container", DEAD.labels),
            thing("alive-container", ALIVE.labels),
            thing("away-container", AWAY.labels),
            thing("damaged", {RUN: "x"}),
            thing("kept", DEAD.labels | {KEEP: "1"}),
            thing("dead-second", DEAD.labels),
            thing("dead-volume", DEAD.labels, Kind.VOLUME),
            thing("cache", {CACHE: "1"}, Kind.VOLUME),
        ]
    )


def swept(fake: FakeStore, **options: bool) -> tuple[list[str], list[str]]:
    """Sweep on the host ``here``; return what was removed and what was foreign."""
    result = sweep(fake, host="here", started=PROCESSES.get, **options)
    return names(result.removed), names(result.foreign)


def test_only_what_dead_runs_of_this_host_left_is_removed() -> None:
    """The living, the others', the kept and the caches stay."""
    fake = store()

    assert (
        ["dead-container", "dead-second", "dead-volume"],
        ["away-container", "damaged"],
    ) == swept(fake)
    assert ["alive-container", "away-container", "damaged", "kept", "cache"] == [
        thing.name for thing in fake.things
    ]


def test_all_runs_spares_only_the_living() -> None:
    """Asked for all runs, what nobody living here owns goes too."""
    fake = store()

    removed, foreign = swept(fake, all_runs=True, kept=True, caches=True)

    assert [] == foreign
    assert 7 == len(removed)
    assert ["alive-container"] == [thing.name for thing in fake.things]


def test_a_dry_run_only_tells() -> None:
    """Nothing is removed, and the answer is the same."""
    fake = store()

    assert swept(store()) == swept(fake, dry_run=True)
    assert [] == fake.asked


def test_a_failed_removal_is_a_warning_and_the_rest_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One stubborn container does not keep the others."""
    fake = store()
    fake.failures["dead-container"] = EnvironmentUnusableError("it is stuck")

    removed, failed = remove_all(
        fake, [thing("dead-container", {}), thing("dead-second", {})]
    )

    assert ["dead-second"] == names(removed)
    assert [("dead-container", "it is stuck")] == [(t.name, why) for t, why in failed]
    assert [
        'event="not removed" kind=container name=dead-container error="it is stuck"'
    ] == caplog.messages


def test_a_lost_engine_is_asked_only_once() -> None:
    """Each call would wait for the engine's time limit again."""
    fake = store()
    fake.failures["a"] = EngineLostError("gone")

    removed, failed = remove_all(fake, [thing("a", {}), thing("b", {})])

    assert ((), ["a", "b"]) == (removed, [t.name for t, _ in failed])
    assert ["container a"] == fake.asked


def test_what_a_restarted_engine_kept_goes_with_the_next_run_of_this_process() -> None:
    """The process lives, the run does not: a night of many runs would keep it all."""
    over = Owner(run="over", host="here", pid=1, started="s1")
    fake = FakeStore([thing("a", over.labels), thing("b", ALIVE.labels)])
    fake.failures["a"] = EngineLostError("restarted")
    before = swept(fake)
    clear(fake, over.run)
    fake.failures.clear()

    assert ([], []) == before
    assert (["a"], []) == swept(fake)
    assert ["b"] == [thing.name for thing in fake.things]


def test_a_run_that_cleared_up_is_no_longer_looked_for() -> None:
    """Its id may be another's one day; only what is known to be left is taken."""
    over = Owner(run="cleared", host="here", pid=1, started="s1")
    fake = FakeStore([thing("a", over.labels)])
    clear(fake, over.run)
    later = FakeStore([thing("a", over.labels)])

    assert ["container a"] == fake.asked
    assert ([], []) == swept(later)


def test_an_engine_that_does_not_even_list_is_cleared_later() -> None:
    """It is gone when the run ends, and back for the next."""

    class Gone(FakeStore):
        def labelled(self, label: str) -> tuple[Thing, ...]:
            raise EngineLostError(f"nobody lists {label}")

    over = Owner(run="unlisted", host="here", pid=1, started="s1")
    with pytest.raises(EngineLostError):
        clear(Gone([]), over.run)

    assert (["a"], []) == swept(FakeStore([thing("a", over.labels)]))
