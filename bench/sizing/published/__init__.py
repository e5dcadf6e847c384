"""What others published of servers under load, and how far the model is from it."""

from bench.sizing.published.check import check_published
from bench.sizing.published.load import PublishedError, builtin_published, load_published
from bench.sizing.published.table import PublishedTable, published_table
from bench.sizing.published.values import PublishedCheck

__all__ = [
    "PublishedCheck",
    "PublishedError",
    "PublishedTable",
    "builtin_published",
    "check_published",
    "load_published",
    "published_table",
]
