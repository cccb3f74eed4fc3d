"""The smallest plugin that still fails the same way: ``autofix reproduce --reduce``."""
