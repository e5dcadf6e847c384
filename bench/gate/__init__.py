"""The regression gate: two checkouts, measured in turns, and what may be said of them."""
