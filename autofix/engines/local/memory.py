"""Whether the kernel kills for want of memory."""

from __future__ import annotations

import re
from pathlib import Path

_COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))
"""A container's own counter where there is one, else the machine's."""


def oom_kills() -> int:
    """Count what the kernel has killed here for want of memory, 0 if it cannot tell."""
    for counter in _COUNTERS:
        try:
            found = re.search(r"^oom_kill (\d+)$", counter.read_text(), re.MULTILINE)
        except OSError:
            continue
        if found:
            return int(found[1])
    return 0
