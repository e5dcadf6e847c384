"""Perceptual hashes of a luma plane, one file each."""
