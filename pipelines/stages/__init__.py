"""Stages: the steps of a pipeline, each a callable from unit to unit."""
