"""Content scanning: perceptual hashes of pictures, looked up in lists of known ones."""
