"""Measuring a machine once, so that any deployment can be sized from it."""
