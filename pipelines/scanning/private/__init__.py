"""Look-up where neither side shows the other what it holds, one protocol a file."""
