"""Why a profile cannot be used, in one line."""

from bench.store.errors import StoreError


class ProfileError(StoreError):
    """A profile cannot be read, written or pooled; the text names file and field."""
