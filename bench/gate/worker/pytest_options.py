"""What a checkout may say to pytest-benchmark, taken without a word: ours stands in for it."""

import importlib
import importlib.util

import pytest

OURS = ("--sealbench-base", "--sealbench-out")


class AcceptedOptions:
    """A pytest plugin that knows the options and hooks of the plugins that are switched off.

    Settings and conftest files of a checkout use them; pytest would refuse what it does not know.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(
        self, early_config: pytest.Config, parser: pytest.Parser
    ) -> None:
        """Declare them, after all plugins were loaded and before a conftest is."""
        group = parser.getgroup("sealbench")
        for option in OURS:
            group.addoption(option, default=None)
        group.addoption("--sealbench-fingerprint", action="store_true")
        known = vars(early_config.known_args_namespace)
        # Loaded all the same, by a `-p` in the settings: then its options and hooks are there.
        if "benchmark_disable" in known or importlib.util.find_spec("pytest_benchmark") is None:
            return
        plugin = importlib.import_module("pytest_benchmark.plugin")
        plugin.pytest_addoption(parser)
        plugin.pytest_addhooks(early_config.pluginmanager)
