"""The sizing model: pure functions over values, all draws at once."""
