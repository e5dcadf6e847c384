"""Compiled loops over a C library's own functions: no cipher is written here, no GIL is held."""
