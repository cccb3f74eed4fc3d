"""``python -m autofix``."""

from __future__ import annotations

import sys

from autofix.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
