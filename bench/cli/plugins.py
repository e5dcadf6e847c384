"""Plug-ins, loaded so that none can stop a command: what ends the process is left out next time."""

from functools import partial

from bench.flight import in_flight
from bench.stop import is_stop
from pipelines.registry import Registry, load_registry


def installed() -> Registry:
    """Return what is built in and what installed plug-ins bring."""
    return load_registry(around=partial(in_flight, "plug-in"), is_stop=is_stop)
