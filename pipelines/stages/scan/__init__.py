"""Stages of a scanning hook: each hands its unit on unchanged, and is timed apart."""
