"""Look-up of all listed hashes within a Hamming distance, one back end a file."""
