"""Stored measurements, and what may be said of new ones beside them: advice."""
