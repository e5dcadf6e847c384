"""Three folders to measure: base, head, and the base once more, under paths of equal length."""

from bench.gate.checkout.error import CheckoutError
from bench.gate.checkout.lock import only_gate
from bench.gate.checkout.sides import (
    Checkout,
    Checkouts,
    Side,
    gate_cache,
    measured_folder,
    of_installed,
    of_revision,
)

__all__ = [
    "Checkout",
    "CheckoutError",
    "Checkouts",
    "Side",
    "gate_cache",
    "measured_folder",
    "of_installed",
    "of_revision",
    "only_gate",
]
