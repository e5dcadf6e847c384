"""What may be said of times: estimates with their doubt, and the rules that decide."""
