"""Output of the function: sys.stdout, sys.stderr and logging become Log frames, tagged with the invocation that wrote them.

Everything that runs in a handler's thread here is free of locks and does its work in single atomic calls (deque.append, next), because the
exception that cancels an invocation may land between any two instructions.
"""
import collections
import contextvars
import io
import itertools
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from . import frames

STDOUT, STDERR = 1, 2
_GOES_ON = 0x80   # beside the channel: the line is cut here
_LINE_MAX = 16 * 1024
_KEPT_MAX = 256 * 1024
_LINE_COST = 64   # what a kept line costs beside its text

current = contextvars.ContextVar("faas_invocation", default=None)


class LogBuffer:
    """The newest 256 KiB of lines that were not sent. Any thread adds, the hub takes."""

    def __init__(self):
        self._lines = collections.deque()
        self._numbers = itertools.count()
        self._size = 0          # Approximate: threads may overwrite each other's sum. Counted anew when it passes the limit.
        self._expected = 0
        self.wake = lambda: None

    def add(self, channel, invocation_id, text):
        self._lines.append((next(self._numbers), int(time.time() * 1000), channel, invocation_id, text))
        self._size += len(text) + _LINE_COST
        if self._size > _KEPT_MAX:
            self._trim()
        self.wake()

    def take(self, size_max=64 * 1024):
        """Frames of the oldest lines, about size_max bytes of them; a gap in the numbers is told as a line of its own."""
        taken, size = [], 0
        while size < size_max:
            try:
                number, unix_ms, channel, invocation_id, text = self._lines.popleft()
            except IndexError:
                self._size = 0
                break
            if number > self._expected:
                lost = "%d log lines were dropped here: they came faster than they could be taken" % (number - self._expected)
                taken.append(frames.log(unix_ms, STDERR, "", lost.encode()))
            self._expected = max(self._expected, number + 1)
            self._size -= len(text) + _LINE_COST
            taken.append(frames.log(unix_ms, channel, invocation_id, text))
            size += len(text) + _LINE_COST
        return taken

    def clear(self):
        self._lines.clear()
        self._numbers = itertools.count()
        self._size = self._expected = 0

    def _trim(self):
        # Down to three quarters, so that a flood pays for the counting once in many lines.
        size = sum(len(line[4]) + _LINE_COST for line in self._lines.copy())
        while size > _KEPT_MAX * 3 // 4:
            try:
                size -= len(self._lines.popleft()[4]) + _LINE_COST
            except IndexError:
                break
        self._size = size


class Partials:
    """The begun lines of an invocation, or of what runs outside of any."""

    def __init__(self, invocation_id=""):
        self.id = invocation_id
        self.begun = ["", "", ""]   # by channel

    @property
    def is_begun(self):
        return self.begun[STDOUT] or self.begun[STDERR]


_OUTSIDE = Partials()


def _owner():
    return current.get() or getattr(threading.current_thread(), "_faas_invocation", None) or _OUTSIDE


class LogStream(io.TextIOBase):
    """Takes the place of sys.stdout or sys.stderr. What is written to the descriptor itself goes to the process's own output."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, buffer, channel):
        super().__init__()
        self._lines = buffer
        self._channel = channel
        self.buffer = _Bytes(self)
        self.name = "<stdout>" if channel == STDOUT else "<stderr>"

    def writable(self):
        return True

    def fileno(self):
        return self._channel

    def isatty(self):
        return False

    def reconfigure(self, **_):
        """Accepted and ignored: the encoding is always UTF-8 and lines leave at once."""

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        owner = _owner()
        begun = owner.begun[self._channel] + text if owner.begun[self._channel] else text
        *whole, begun = begun.split("\n") if "\n" in begun else (begun,)
        owner.begun[self._channel] = ""   # first, so that a cancellation in what follows does not repeat the line
        for line in whole:
            self._add(owner.id, line)
        if len(begun) > _LINE_MAX:
            *pieces, rest = _cut(begun.encode("utf-8", "replace"))
            begun = rest.decode()
            for piece in pieces:
                self._lines.add(self._channel | _GOES_ON, owner.id, piece)
        owner.begun[self._channel] = begun
        return len(text)

    def end_line(self, owner):
        """Sends a line that was begun and will not be ended."""
        begun, owner.begun[self._channel] = owner.begun[self._channel], ""
        if begun:
            self._add(owner.id, begun)

    def _add(self, invocation_id, line):
        *pieces, last = _cut(line.rstrip("\r").encode("utf-8", "replace"))
        for piece in pieces:
            self._lines.add(self._channel | _GOES_ON, invocation_id, piece)
        self._lines.add(self._channel, invocation_id, last)


def _cut(data):
    """Pieces of at most 16 KiB; the last may be shorter."""
    pieces, start = [], 0
    while len(data) - start > _LINE_MAX:
        stop = start + _LINE_MAX
        while data[stop] & 0xC0 == 0x80:   # not through the middle of a character
            stop -= 1
        pieces.append(data[start:stop])
        start = stop
    pieces.append(data[start:])
    return pieces


class _Bytes(io.RawIOBase):
    """sys.stdout.buffer"""

    def __init__(self, text):
        super().__init__()
        self._text = text

    def writable(self):
        return True

    def fileno(self):
        return self._text.fileno()

    def write(self, data):
        self._text.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


class Output:
    """Installs the streams and ends begun lines."""

    def __init__(self):
        self.lines = LogBuffer()
        self._streams = (LogStream(self.lines, STDOUT), LogStream(self.lines, STDERR))

    def install(self):
        sys.stdout, sys.stderr = self._streams
        # As on Lambda: the root logger has a handler, so logger.warning() and, after setLevel, logger.info() come out.
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("[%(levelname)s]\t%(message)s"))
        logging.getLogger().addHandler(handler)
        _follow_threads()
        os.register_at_fork(after_in_child=_restore)

    def end_lines(self, owner=_OUTSIDE):
        for stream in self._streams:
            stream.end_line(owner)

    def error(self, text, owner=_OUTSIDE):
        for line in text.rstrip("\n").split("\n"):
            self._streams[1]._add(owner.id, line)


def _restore():
    # A forked child has no hub that would send its lines; the process's own output is read by the platform too.
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def _follow_threads():
    """Threads and executors that a handler starts write in the name of its invocation."""
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    def start_following(self):
        self._faas_invocation = current.get() or getattr(threading.current_thread(), "_faas_invocation", None)
        start(self)

    def submit_following(self, fn, /, *args, **kwargs):
        return submit(self, contextvars.copy_context().run, fn, *args, **kwargs)

    threading.Thread.start = start_following
    ThreadPoolExecutor.submit = submit_following
