"""The measuring: clips in, numbers out."""
