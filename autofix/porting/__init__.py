"""
Port a plugin's own code to another version of nakama-common's Go API.

    ported = port(go, before="v1.36.0", after="v1.47.0", writable=[...], flags=[...])

``go`` is the run's ``GoTool`` after its pins: its go.mod requires the new version. What
comes back (``autofix.core.porting.Ported``) has the new texts of changed files, each
rewrite with its reason, and the errors that are left; ``write`` puts the files into the
builder, and ``newest_compiling`` names the version of a library that compiles there.
"""

from __future__ import annotations

from autofix.porting.libraries import newest_compiling
from autofix.porting.porter import port, write

__all__ = ["newest_compiling", "port", "write"]
