"""The AEADs of one contract, and the table of all of them."""
