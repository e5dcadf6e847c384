"""Clips: the catalogue, fetching, decoding once, encoding once."""
