"""What sizing says: figures with their intervals and sources."""
