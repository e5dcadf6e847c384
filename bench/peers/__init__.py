"""The engines beside the libraries that others use, in one session on the same bytes."""
