"""The command line: one file per command, nothing but asking, calling and showing."""
