"""Plugins that misbehave once they are called; each is a copy of the healthy one."""

from __future__ import annotations

from pathlib import Path

_INIT_MODULE = ") error {\n"

_PRINT_20_MEGABYTES = """\
line := make([]byte, 100)
	line[99] = '\\n'
	for range 200_000 {
		os.Stdout.Write(line)
	}"""
_RECURSE = """\
var f func(int) string
	f = func(i int) string { return f(i+1) + "." }
	logger.Info(f(strconv.IntSize))"""

WAYS = {
    "sleeps": ("time", "time.Sleep(time.Hour)"),
    "exits": ("os", "os.Exit(3)"),
    "panics-later": (
        "time",
        'go func() { time.Sleep(200 * time.Millisecond); panic("late [/red]") }()',
    ),
    "prints": ("os", _PRINT_20_MEGABYTES),
    "forks": (
        "os/exec",
        'for range 20 { _ = exec.Command("sleep", "1000").Start() }',
    ),
    "recurses": ("strconv", _RECURSE),
}
"""A way to misbehave: the package it imports, and what InitModule does first."""


def misbehave(project: Path, way: str) -> None:
    """Let a copy of the healthy plugin do something else first."""
    package, statement = WAYS[way]
    source = (project / "main.go").read_text()
    head, body = source.split(_INIT_MODULE, 1)
    head = head.replace("import (\n", f'import (\n\t"{package}"\n', 1)
    (project / "main.go").write_text(f"{head}{_INIT_MODULE}\t{statement}\n{body}")
