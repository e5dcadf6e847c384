"""What scanning costs and finds: tables and plots of hooks, hashes, look-ups and recall."""
