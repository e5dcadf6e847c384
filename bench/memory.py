"""Peak memory of this process, and of one step of it where the kernel can reset the mark."""

import resource
from pathlib import Path

PROC = Path("/proc/self")


def reset_peak() -> bool:
    """Set the kernel's high-water mark to the present size; False where it cannot be done."""
    try:
        # proc(5): writing 5 to clear_refs resets VmHWM.
        (PROC / "clear_refs").write_text("5")
    except OSError:
        return False
    return True


def peak_rss_bytes() -> int:
    """Return the largest resident size in bytes since the start or the last `reset_peak`."""
    kib = status_kib("VmHWM")
    return kib * 1024 if kib else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def rss_bytes() -> int:
    """Return the present resident size in bytes, 0 where the system does not tell."""
    return status_kib("VmRSS") * 1024


def status_kib(field: str) -> int:
    """Return a field of /proc/self/status in KiB, 0 where there is none."""
    try:
        lines = (PROC / "status").read_text().splitlines()
    except OSError:
        return 0
    for line in lines:
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0
