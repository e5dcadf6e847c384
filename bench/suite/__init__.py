"""Suites: TOML files whose lists multiply into cases, each with the reason it is measured."""

from bench.suite.checks import SuiteError, check_known, known
from bench.suite.load import Suite, builtin_suites, find_suite, load_suite, parse_suite

__all__ = [
    "Suite",
    "SuiteError",
    "builtin_suites",
    "check_known",
    "find_suite",
    "known",
    "load_suite",
    "parse_suite",
]
