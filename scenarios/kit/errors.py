"""What stops the kit."""

from __future__ import annotations

from autofix.errors import EnvironmentUnusableError


class KitError(EnvironmentUnusableError):
    """An image of the kit cannot be made on this machine."""

    code = "kit"
