"""FFmpeg's view of a frame: a picture over the same memory."""

import av
import numpy as np

from pipelines.media import U8


def picture_of(planes: tuple[U8, U8, U8]) -> av.VideoFrame:
    """Return a yuv420p picture over the memory of Y, U and V, which is only to be read.

    A plane is copied where its rows are not contiguous in themselves (6 us at 720p without, 200
    with a copy).
    """
    height, width = planes[0].shape
    lent = tuple(np.asarray(_Lent(plane)) for plane in planes)
    return av.VideoFrame.from_dlpack(lent, format="yuv420p", width=width, height=height)


class _Lent:
    """A plane that does not say that it is read-only.

    NumPy tells so by DLPack only in a later version of the protocol than PyAV asks for. Encoders
    and scalers write into pictures of their own.
    """

    __slots__ = ("__array_interface__", "plane")

    def __init__(self, plane: U8) -> None:
        self.plane = plane if plane.strides[1] == 1 else plane.copy()
        described = self.plane.__array_interface__
        described["data"] = (described["data"][0], False)
        self.__array_interface__ = described
