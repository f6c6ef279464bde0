"""What the system tells of processor time, and how fast this machine is at the moment."""

from __future__ import annotations

import os
import time
from pathlib import Path


def cpu_of(process: int) -> float:
    """Seconds of processor time that a process has used; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pace() -> str:
    """How fast and how busy the machine is: what figures of two days have to be set beside.

    Shared machines differ from hour to hour by a factor of two: the sum is the same every time.
    """
    took = []
    for _ in range(3):
        began = time.process_time()
        sum(number * number for number in range(3_000_000))
        took.append((time.process_time() - began) * 1000)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"three million squares: {sorted(took)[1]:.0f} CPU ms; load {load}"
