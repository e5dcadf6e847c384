"""RTP payload formats, one file each: how an access unit is cut into payloads and put together."""
