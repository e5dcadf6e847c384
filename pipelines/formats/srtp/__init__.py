"""SRTP and SRTCP, hop by hop: RFC 3711, RFC 6188 and RFC 7714, one cipher call per packet."""
