"""``autofix bisect``: the first commit or release with which a plugin does not load."""
