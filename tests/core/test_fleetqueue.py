"""Which job is next: warm caches, nobody starved, the longest first."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.fleet import FleetAction, Job
from autofix.core.fleetledger import Past
from autofix.core.fleetqueue import Queue


def jobs(plugins: int, *servers: str) -> list[Job]:
    """Return the jobs of a matrix, plugin by plugin."""
    return [
        Job(
            id=f"{plugin}-{server}",
            plugin=f"p{plugin}",
            server=server,
            action=FleetAction.RUN,
            sources="",
        )
        for plugin in range(plugins)
        for server in servers
    ]


def order(queue: Queue) -> list[str]:
    """Do the jobs one after the other; return their ids."""
    done = []
    while job := queue.take():
        done.append(job.id)
        queue.ended(job)
    return done


def test_the_jobs_of_one_server_follow_one_another() -> None:
    """So that they find what the one before has left in the caches."""
    assert ["0-a", "1-a", "2-a", "0-b", "1-b", "2-b"] == order(
        Queue(jobs(3, "a", "b"), {})
    )


def test_a_cold_server_is_tried_by_one_job_while_there_is_other_work() -> None:
    """The others of it begin when the first has ended, or nothing else is left."""
    queue = Queue(jobs(3, "a", "b"), {})
    first, second, third = queue.take(), queue.take(), queue.take()
    assert second

    assert ["0-a", "0-b", "1-a"] == [
        each and each.id for each in (first, second, third)
    ]

    queue.ended(second)
    fourth = queue.take()

    assert "1-b" == (fourth and fourth.id)


def test_what_was_never_done_comes_first_then_the_longest() -> None:
    """Within a server; what ends last is short."""
    past = {
        ("p0", "a"): Past(at="2", seconds=5.0),
        ("p1", "a"): Past(at="2", seconds=50.0),
        ("p3", "a"): Past(at="2", seconds=20.0),
    }

    assert ["2-a", "1-a", "3-a", "0-a"] == order(Queue(jobs(4, "a"), past))


def test_what_took_long_for_one_server_is_begun_early_for_the_next() -> None:
    """In the same night, and from an earlier one."""
    queue = Queue(jobs(3, "a", "b"), {("p1", "z"): Past(at="1", seconds=9.0)})
    taken = []
    for seconds in (1.0, 7.0, 5.0, 0.0, 0.0, 0.0):
        job = queue.take()
        assert job
        taken.append(job.id)
        queue.ended(job, seconds)

    assert ["0-a", "2-a", "1-a"] == taken[:3]
    assert ["1-b", "2-b", "0-b"] == taken[3:]


def test_a_server_that_was_not_reached_last_night_comes_first() -> None:
    """Then the one whose results are the oldest."""
    past = {
        ("p0", "a"): Past(at="3", seconds=5.0),
        ("p0", "b"): Past(at="1", seconds=5.0),
    }

    assert ["0-c", "0-b", "0-a"] == order(Queue(jobs(1, "a", "b", "c"), past))


def test_what_was_lost_comes_behind_the_others_of_its_server() -> None:
    """A job that kills its workers lets the others go first."""
    queue = Queue(jobs(3, "a"), {})
    first = queue.take()
    assert first
    queue.back(first)

    assert ["1-a", "2-a", "0-a"] == order(queue)


@given(
    st.integers(0, 6),
    st.lists(st.sampled_from("abc"), unique=True),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_every_job_is_taken_once(
    plugins: int, servers: list[str], workers: int, dice: object
) -> None:
    """Whatever ends when, and however often a job is lost."""
    wanted = jobs(plugins, *servers)
    queue = Queue(wanted, {})
    running: list[Job] = []
    done: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    while len(queue) or running:
        while len(running) < workers and (job := queue.take()):
            running.append(job)
        job = running.pop(dice.randrange(len(running)))  # type: ignore[attr-defined]
        if dice.random() < 0.3 and lost[job.id] < 3:  # type: ignore[attr-defined]
            lost[job.id] += 1
            queue.back(job)
        else:
            done[job.id] += 1
            queue.ended(job)

    assert {job.id: 1 for job in wanted} == done
