"""`sealbench`: takes Ctrl-C, and then loads and runs everything else.

Until it is taken, it comes as a traceback: nothing is imported here that this does not need.
"""

import sys
from importlib import import_module

from bench.cli.stopping import stop_at_once


def main() -> None:
    """Run the command line and exit with its code."""
    stop_at_once()
    sys.exit(import_module("bench.cli.frame").framed())
