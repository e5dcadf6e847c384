"""UDP in bulk: batches of packets through the system's own calls, made from compiled code."""
