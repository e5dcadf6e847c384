"""Who executes a format: one engine per way of reaching a crypto library."""
