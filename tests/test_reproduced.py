"""The summary of a test run names every failure that was brought about."""

from __future__ import annotations

from tests.reproduced import PROPERTY, lines


def test_each_failure_is_told_once_with_its_fastest_scenario() -> None:
    """In the order of the classes; other properties of tests are not ours."""
    told = list(
        lines(
            [
                (PROPERTY, ["go-sum", "go-sum-mismatch", "s1", "local", 4.0]),
                ("other", 1),
                (PROPERTY, ["compile", "import-cycle", "s2", "docker", 2.5]),
                (PROPERTY, ("go-sum", "go-sum-mismatch", "s3", "local", 3.0)),
            ]
        )
    )

    assert "2 failures of 2 classes, reproduced for real:" == told[0]
    assert ["import-cycle", "go-sum-mismatch"] == [each.split()[1] for each in told[1:]]
    assert told[2].endswith("3.0 s  s3 (local, 2 in all)")


def test_a_test_run_without_scenarios_tells_nothing() -> None:
    """What was not run is not claimed."""
    assert [] == list(lines([("other", 1)]))
