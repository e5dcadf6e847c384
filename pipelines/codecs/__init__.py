"""Video codecs through PyAV: one access unit per frame in, one frame per access unit out."""
