"""Compiled kernels for packets: one call walks all packets of an access unit."""
