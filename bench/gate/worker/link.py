"""The worker's end of the pipes."""

from typing import BinaryIO

import msgspec

from .messages import Answer, Job, Request


class GateGone(Exception):  # noqa: N818 - what happened
    """The gate closed its end: there is nobody left to measure for."""


class Link:
    """One JSON object per line, in and out; `notes` are what is to be known of this process."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self.notes: list[str] = []
        self._requests = requests
        self._answers = answers
        self._decode = msgspec.json.Decoder(Request).decode
        self._encode = msgspec.json.Encoder().encode

    def job(self) -> Job:
        """Return what the worker was started for. Raises GateGone."""
        return msgspec.json.decode(self._line(), type=Job)

    def ask(self) -> Request:
        """Wait for the next request. Raises GateGone."""
        request: Request = self._decode(self._line())
        return request

    def say(self, answer: Answer) -> None:
        """Send one answer. Raises GateGone."""
        try:
            self._answers.write(self._encode(answer) + b"\n")
            self._answers.flush()
        except BrokenPipeError:
            raise GateGone from None

    def _line(self) -> bytes:
        line = self._requests.readline()
        if not line.endswith(b"\n"):
            raise GateGone
        return line
