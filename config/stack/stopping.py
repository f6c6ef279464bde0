"""Ctrl-C, SIGTERM and SIGHUP, taken at safe points only."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Handler = Callable[[int, FrameType | None], object] | int | None


class StoppedError(Exception):
    """Somebody asked us to stop."""


class StopRequests:
    """Remembers that somebody asked to stop; `check` says so where stopping is safe.

    A handler that raised at any line could leave a server behind that was started but not
    yet noted. Clean-up never calls `check`, so nothing interrupts it.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Handler] = {}

    def __enter__(self) -> Self:
        for each in _SIGNALS:
            before = signal.getsignal(each)
            if each == signal.SIGHUP and before == signal.SIG_IGN:
                continue  # started under nohup, which means: outlive the terminal
            self._before[each] = before
            signal.signal(each, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for each, before in self._before.items():
            signal.signal(each, before)
        self._before.clear()

    def check(self) -> None:
        """Raise StoppedError once somebody has asked."""
        if self.asked:
            raise StoppedError

    @contextmanager
    def as_usual(self) -> Iterator[None]:
        """While somebody else's code runs: Ctrl-C is KeyboardInterrupt, the others end it."""
        for each, before in self._before.items():
            signal.signal(each, before if each == signal.SIGINT else _leave)
        try:
            yield
        finally:
            for each in self._before:
                signal.signal(each, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
