"""Wire formats from their RFCs: bytes and state rules; no timing, no I/O."""
