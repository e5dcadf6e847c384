"""The CPU as Linux describes it; elsewhere, what Python knows, and null for the rest."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.machine.schema import Cache

SYS_CPU = Path("/sys/devices/system/cpu")
CPUINFO = Path("/proc/cpuinfo")

CRYPTO_ISA = (
    # x86, as /proc/cpuinfo spells them
    *("aes", "vaes", "pclmulqdq", "vpclmulqdq", "avx2", "avx512f", "sha_ni", "gfni"),
    # arm64; `aes` is spelled the same
    *("pmull", "sha1", "sha2", "sve"),
)
"""Instruction sets that decide how fast a cipher runs."""

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
# What a model name says besides the family and the number: marks, clock rate, core count.
_NOISE = re.compile(
    r"\((?:r|tm|c)\)|@.*|\b\d+-core\b|\b(?:amd|intel|arm|apple|core|cpu|processor|with .*)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuInfo:
    """What /proc/cpuinfo tells; None is what it does not."""

    model: str | None
    isa: tuple[str, ...] | None
    virtual: bool | None


def parse_cpuinfo(text: str) -> CpuInfo:
    """Return what the first core of /proc/cpuinfo tells of itself, on x86 and arm64."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), value.strip())
    flags = fields.get("flags") or fields.get("Features")
    present = set(flags.split()) if flags else set()
    model = fields.get("model name")
    if not model and "CPU implementer" in fields:
        # arm64 names no model, but these two numbers tell the core's design.
        part = fields.get("CPU part", "unknown")
        model = f"implementer {fields['CPU implementer']} part {part}"
    return CpuInfo(
        model=model or None,
        isa=tuple(name for name in CRYPTO_ISA if name in present) if flags else None,
        # Only x86 tells a guest that there is a hypervisor.
        virtual="hypervisor" in present if "flags" in fields else None,
    )


def read_text(path: Path) -> str | None:
    """Return the text of a small file of the kernel, or None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def read_caches(sys_cpu: Path = SYS_CPU) -> tuple[Cache, ...] | None:
    """Return the caches of core 0, or None where the kernel tells of none."""
    caches: list[Cache] = []
    for index in sorted(sys_cpu.glob("cpu0/cache/index*")):
        level = read_text(index / "level")
        kind = read_text(index / "type")
        size = re.fullmatch(r"(\d+)([KMG]?)", read_text(index / "size") or "")
        if level and level.isdecimal() and kind and size:
            caches.append(
                Cache(
                    level=int(level),
                    kind=kind,
                    size_bytes=int(size[1]) * _UNITS[size[2]],
                    shared_by_cores=read_text(index / "shared_cpu_list") or "unknown",
                )
            )
    return tuple(caches) or None


def read_governors(sys_cpu: Path = SYS_CPU) -> tuple[str, ...] | None:
    """Return the frequency governor of each core that has one, in core order, or None."""
    cores = sorted(
        (int(path.name[3:]), path)
        for path in sys_cpu.glob("cpu[0-9]*")
        if path.name[3:].isdecimal()
    )
    governors = [read_text(path / "cpufreq" / "scaling_governor") for _, path in cores]
    return tuple(governor for governor in governors if governor) or None


def usable_cores() -> int:
    """Return how many cores this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def slug(cpu_model: str | None, architecture: str, cores: int) -> str:
    """Return a short name for folders: `epyc-7763-64c`, `aarch64-4c`."""
    words = re.findall(r"[a-z0-9]+", _NOISE.sub(" ", (cpu_model or "").lower()))
    name = "-".join(words)[:32].strip("-") or re.sub(r"[^a-z0-9]+", "-", architecture.lower())
    return f"{name}-{cores}c"
