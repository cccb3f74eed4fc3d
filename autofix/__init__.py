"""Makes a Nakama Go plugin load, unattended."""

__version__ = "0.1.0"
