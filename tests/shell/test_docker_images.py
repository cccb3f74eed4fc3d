"""Finding images without an engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autofix.engines.docker.failures import refused
from autofix.engines.docker.images import Images, Turn
from autofix.engines.docker.limits import Limits
from autofix.engines.docker.specs import ImageDetails
from autofix.engines.docker.turns import pull_turn
from autofix.errors import AutofixError, DiskFullError, ImageMissingError
from autofix.retrying import RetryPolicy

NO_HOST = 'Get "https://r.example/v2/": dial tcp: lookup r.example: no such host'


def details(
    machine: str = "amd64", labels: Mapping[str, str] | None = None, *digests: str
) -> ImageDetails:
    """Return an image as the engine describes it."""
    return ImageDetails(
        identity="sha256:" + "1" * 64,
        digests=digests,
        machine=machine,
        labels=labels or {},
        environment={},
    )


@dataclass
class FakeStore:
    """An engine with some images, a registry with others, and failures."""

    present: dict[str, ImageDetails] = field(default_factory=dict)
    registry: dict[str, ImageDetails] = field(default_factory=dict)
    failures: dict[str, list[AutofixError]] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    pulled: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def image(self, reference: str) -> ImageDetails | None:
        """Return what is present."""
        return self.present.get(reference)

    def pull(self, reference: str, platform: str) -> Iterator[Mapping[str, Any]]:
        """Move an image from the registry, or fail."""
        self.pulled.append(f"{reference} {platform}")
        if reference in self.hanging:
            self.over.wait(30)
        if self.failures.get(reference):
            raise self.failures[reference].pop(0)
        yield {"status": "Pulling", "id": "layer"}
        size = {"current": 1 << 20, "total": 3 << 20}
        yield {"status": "Downloading", "id": "layer", "progressDetail": size}
        self.present[reference] = self.registry[reference]


def at_once(_reference: str, _waiting: Callable[[], None]) -> nullcontext[None]:
    """Wait for nobody."""
    return nullcontext()


def images(
    store: FakeStore,
    said: list[str] | None = None,
    turn: Turn = at_once,
    seconds: float = 0.2,
) -> Images:
    """Return the images of a store, with short waits for its registry."""
    ticks = iter(range(1000))
    return Images(
        store,
        turn=turn,
        limits=Limits(registry_seconds=seconds),
        retry=RetryPolicy(sleep=lambda _: None),
        machine="amd64",
        progress=(said if said is not None else []).append,
        clock=lambda: float(next(ticks)),
    )


def test_an_image_in_the_engine_is_taken_before_any_pull() -> None:
    """The second reference is there, so the first is not pulled."""
    store = FakeStore(present={"b:1": details()}, registry={"a:1": details()})

    found = images(store).find(["a:1", "b:1"], role="server")

    assert "b:1" == found.reference
    assert [] == store.pulled


def test_the_first_that_can_be_pulled_is_pulled() -> None:
    """A registry that says no is followed by the next reference."""
    store = FakeStore(
        registry={"b:1": details()},
        failures={"a:1": [refused("pull a:1", "manifest unknown", 404)]},
    )
    said: list[str] = []

    found = images(store, said).find(["a:1", "b:1"], role="server")

    assert "b:1" == found.reference
    assert ["a:1 linux/amd64", "b:1 linux/amd64"] == store.pulled
    assert ["pulling a:1", "pulling b:1", "pulling b:1: 1 of 3 MiB"] == said


def test_an_unreachable_registry_is_asked_once() -> None:
    """Its other images are not tried, and each is named with the reason."""
    store = FakeStore(failures={"r.example/a:1": [refused("pull", NO_HOST, 500)]})
    finder = images(store)

    with pytest.raises(ImageMissingError) as caught:
        finder.find(["r.example/a:1", "r.example/b:1"], role="server")
    with pytest.raises(ImageMissingError):
        finder.find(["r.example/c:1"], role="builder")

    assert ["r.example/a:1 linux/amd64"] == store.pulled
    assert "no such host" in caught.value.what
    assert "r.example/b:1: not tried: the registry r.example cannot be" in (
        caught.value.what
    )
    assert "--server-image" in caught.value.todo


def test_what_only_the_kit_makes_is_never_pulled() -> None:
    """Whoever took that name in a registry is a stranger."""
    store = FakeStore(registry={"autofix-kit/nakama:3.40.0": details()})

    with pytest.raises(ImageMissingError, match="not made yet"):
        images(store).find(["autofix-kit/nakama:3.40.0"], role="server")

    assert [] == store.pulled


def test_a_silent_registry_is_left_after_its_time() -> None:
    """No sign of life within the limit counts as unreachable."""
    store = FakeStore(hanging={"a:1"}, registry={"a:1": details()})
    started = time.monotonic()

    with pytest.raises(ImageMissingError, match="did not answer within"):
        images(store).find(["a:1", "a:2"], role="server")

    store.over.set()
    assert ["a:1 linux/amd64"] == store.pulled
    assert time.monotonic() - started < 30


def test_a_busy_registry_is_tried_again() -> None:
    """A passing failure costs another attempt, not the image."""
    busy = refused("pull", "toomanyrequests: slow down", 500)
    store = FakeStore(registry={"a:1": details()}, failures={"a:1": [busy, busy]})

    assert "a:1" == images(store).find(["a:1"], role="server").reference
    assert 3 == len(store.pulled)


def test_a_full_disk_is_not_a_missing_image() -> None:
    """No other reference would fare better."""
    full = refused("pull", "write /var/lib/x: no space left on device", None)
    store = FakeStore(failures={"a:1": [full]}, registry={"b:1": details()})

    with pytest.raises(DiskFullError):
        images(store).find(["a:1", "b:1"], role="server")


def test_another_architecture_is_pulled_when_one_is_asked_for() -> None:
    """A builder must have its server's architecture; without a wish any will do."""
    store = FakeStore(
        present={"a:1": details("amd64")}, registry={"a:1": details("arm64")}
    )

    assert "amd64" == images(store).find(["a:1"], role="builder").machine
    found = images(store).find(["a:1"], role="builder", machine="arm64")
    assert ("arm64", ["a:1 linux/arm64"]) == (found.machine, store.pulled)


def test_no_tag_means_latest_and_no_reference_is_said_so() -> None:
    """The engine would pull every tag of a bare name."""
    store = FakeStore(registry={"a:latest": details()})

    with pytest.raises(ImageMissingError, match="not an image reference"):
        images(store).find(["A b"], role="server")
    with pytest.raises(ImageMissingError):
        images(store).find(["a"], role="server")
    assert ["a:latest linux/amd64"] == store.pulled


def test_digest_and_stand_in_are_read_from_the_image() -> None:
    """The digest of its own repository, else the id; the kit's label."""
    digest = "sha256:" + "2" * 64
    other = "sha256:" + "3" * 64
    store = FakeStore(
        present={
            "heroiclabs/nakama:1": details(
                "amd64", {}, f"mine/x@{other}", f"heroiclabs/nakama@{digest}"
            ),
            "kit:1": details("amd64", {"dev.autofix.kit": "1"}),
        }
    )
    finder = images(store)

    official = finder.find(["heroiclabs/nakama:1"], role="server")
    kit = finder.find(["kit:1"], role="server")

    assert (digest, False) == (official.digest, official.stand_in)
    assert (kit.identity, True) == (kit.digest, kit.stand_in)


def test_several_that_need_an_image_pull_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes while it is pulled waits, and then finds it in the engine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    store = FakeStore(registry={"r.example/a:1": details()}, hanging={"r.example/a:1"})
    said: list[list[str]] = [[], [], []]

    def pull(own: list[str]) -> None:
        found = images(store, own, turn=pull_turn, seconds=30.0)
        found.find(["r.example/a:1"], role="server")

    threads = [threading.Thread(target=pull, args=(own,)) for own in said]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if sum("waiting" in line for own in said for line in own) == len(said) - 1:
            break
        time.sleep(0.01)
    store.over.set()
    for thread in threads:
        thread.join()

    assert ["r.example/a:1 linux/amd64"] == store.pulled


def test_without_a_place_for_locks_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A convenience is no reason to fail."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    store = FakeStore(registry={"r.example/a:1": details()})

    images(store, turn=pull_turn).find(["r.example/a:1"], role="server")

    assert ["r.example/a:1 linux/amd64"] == store.pulled
