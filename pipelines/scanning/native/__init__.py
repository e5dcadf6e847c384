"""Compiled kernels of the scanner: box filters, cosine transforms, Hamming distances."""
