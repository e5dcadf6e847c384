"""A machine, described by all its parts."""

import os
import platform
import subprocess
from pathlib import Path

import psutil

from bench.clock import clock_overhead_ns
from bench.machine.cpu import (
    CPUINFO,
    SYS_CPU,
    parse_cpuinfo,
    read_caches,
    read_governors,
    read_text,
    slug,
    usable_cores,
)
from bench.machine.libraries import library_versions
from bench.machine.scaling import measure_scaling
from bench.machine.schema import Machine

CHECKOUT = Path(__file__).parents[2]
"""Where this code lies: a checkout of sealbench, or the folder of installed packages."""


def describe_machine(
    *, with_scaling: bool = True, cpuinfo: Path = CPUINFO, sys_cpu: Path = SYS_CPU
) -> Machine:
    """Return this machine; what cannot be read is None. Takes some seconds with scaling."""
    cpu = parse_cpuinfo(read_text(cpuinfo) or "")
    architecture = platform.machine()
    logical_cores = os.cpu_count()
    return Machine(
        slug=slug(cpu.model, architecture, logical_cores or usable_cores()),
        cpu_model=cpu.model or platform.processor() or None,
        architecture=architecture,
        logical_cores=logical_cores,
        physical_cores=psutil.cpu_count(logical=False),
        usable_cores=usable_cores(),
        isa=cpu.isa,
        virtual=cpu.virtual,
        caches=read_caches(sys_cpu),
        ram_bytes=_ram_bytes(),
        governors=read_governors(sys_cpu),
        kernel=f"{platform.system()} {platform.release()}",
        os=_os_name(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries=library_versions(),
        git_revision=git_revision(CHECKOUT),
        clock=clock_overhead_ns(),
        scaling=measure_scaling() if with_scaling else None,
    )


def git_revision(checkout: Path) -> str | None:
    """Return the commit of `checkout`, with `-dirty` where tracked files differ from it.

    None where `checkout` itself is no git work tree: a repository that merely contains it, such as
    the user's own around a virtual environment, says nothing about this code.
    """
    if not (checkout / ".git").exists():
        return None
    try:
        told = subprocess.run(
            [
                *("git", "--git-dir", str(checkout / ".git"), "--work-tree", str(checkout)),
                *("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"),
            ],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip() or None


def _ram_bytes() -> int | None:
    try:
        return int(psutil.virtual_memory().total)
    except (OSError, RuntimeError):
        return None


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):  # not Linux, or a very small one
        return platform.platform(terse=True)
