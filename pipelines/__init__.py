"""What is measured: ciphers, wire formats, codecs, and the pipelines composed of them."""
