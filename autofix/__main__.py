"""``python -m autofix``."""

from __future__ import annotations

from autofix.cli.main import program

if __name__ == "__main__":
    program()
