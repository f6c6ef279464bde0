"""One line per step, with the seconds it took; on a terminal it counts while it works."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from config.stack.child import nothing
from config.stack.stopping import StoppedError

_REDRAW_SECONDS = 0.1
_NAME_WIDTH = 44


class Progress:
    """What is being waited for, said to a person.

    `tick` is called by everything that waits: it redraws the line and runs `check`, which
    may raise to give up.
    """

    def __init__(self, stream: TextIO, *, check: Callable[[], None] = nothing) -> None:
        self.check = check
        self._stream = stream
        self._terminal = stream.isatty()
        self._name = ""
        self._detail: Callable[[], str] = str
        self._began = self._drawn = 0.0

    @contextmanager
    def step(self, name: str, detail: Callable[[], str] = str) -> Iterator[None]:
        """Show a step while it works; `detail` gives what it says of itself meanwhile."""
        self._name, self._detail, self._began = name, detail, time.monotonic()
        self.tick()
        try:
            yield
        except BaseException as error:
            self._draw("stopped" if isinstance(error, StoppedError) else "failed", end="\n")
            raise
        else:
            self._draw("", end="\n")
        finally:
            self._name = ""

    def tick(self) -> None:
        self.check()
        now = time.monotonic()
        if self._name and self._terminal and now - self._drawn > _REDRAW_SECONDS:
            self._draw(self._detail(), end="")
            self._drawn = now

    def say(self, text: str) -> None:
        """Print a text; a terminal that has gone away does not stop the clean-up."""
        try:
            print(text, file=self._stream, flush=True)
        except OSError:
            self._terminal = False

    def _draw(self, detail: str, end: str) -> None:
        line = f"  {self._name:<{_NAME_WIDTH}}{time.monotonic() - self._began:6.1f} s"
        if detail:
            line = f"{line}  {detail}"
        if self._terminal:
            line = "\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1]
        try:
            print(line, file=self._stream, end=end, flush=True)
        except OSError:
            self._terminal = False


class Silence(Progress):
    """For a command whose output belongs to its caller."""

    def _draw(self, detail: str, end: str) -> None:
        return None

    def say(self, text: str) -> None:
        return None
