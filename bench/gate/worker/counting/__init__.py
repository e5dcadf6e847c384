"""What a unit of work does, counted exactly: bytes copied, allocations, crypto calls.

A clock needs hundreds of blocks to tell 2 % apart; one more copy per packet shows here at once, on
any machine and under any load. Nothing that is counted here is timed.
"""
