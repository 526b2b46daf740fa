"""A data connection: invocations, one at a time, on a thread of its own with blocking reads and writes; and answers that were moved here."""
import socket
import threading
from time import perf_counter

from . import frames
from .clocks import TICK
from .heads import read_request
from .invocation import Invocation, InvocationFailed

BODY_MAX = 64 * 1024 * 1024   # The gateway has a limit of its own, far lower by default; this one keeps a gateway without one from filling the memory.
_ONE_WRITE_MAX = 256 * 1024


class DataConnection:
    def __init__(self, sock, reader, worker):
        sock.setblocking(True)
        self._socket = sock
        self._reader = reader
        self._worker = worker
        self._watch_lock = threading.Lock()   # guards what follows
        self._gate = None                     # of the running invocation, from when its body has been read
        self._stream = 0
        self._started = 0.0
        self._is_watched = False              # by the hub, which reads in the meantime
        worker.hub.add(self)

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._worker.hub.remove(self)
        self._socket.close()

    def serve(self):
        """Until the peer closes, or the worker shuts down."""
        try:
            while self._serve_one():
                pass
        except (frames.ProtocolError, OSError):
            pass
        finally:
            self.close()

    def _serve_one(self):
        found = self._reader.next()
        if found is None:
            return False
        kind, flags, stream, payload = found
        if kind in (frames.REQUEST_BODY, frames.CANCEL):
            return True   # of an invocation that ended already
        if kind != frames.REQUEST:
            raise frames.ProtocolError("unexpected frame %#x" % kind)
        request = read_request(payload, 0, len(payload))
        if not self._worker.enter():
            return False
        try:
            self._worker.call(lambda: self._invoke(Invocation(self._worker, self, stream), request, flags))
            return True
        finally:
            self._worker.leave()

    def _invoke(self, invocation, request, flags):
        metered = self._worker.meter.begin(is_brief=False)
        invocation.request, invocation.has_body = request, not flags & frames.END_OF_BODY
        try:
            last, outcome = invocation.answer()
        finally:
            self._stop_watching()
            used = self._worker.meter.end(metered, 0)
        self.send((*last, frames.end(invocation.stream, outcome, used)))

    def flush_some(self):
        """Nothing is gathered here."""

    def give_back(self):
        """Nothing is held back here."""

    # An answer that was moved here.

    def adopt(self, invocation):
        self._start_watching(invocation)

    def finish(self, last):
        """Sends the last frames; from then on this connection is like any other."""
        self._stop_watching()
        self.send(last)
        self._worker.assign_data(self)

    # What an invocation needs of its connection.

    def way_for_long(self, _):
        return self

    def read_body(self, invocation):
        body = self._read_body(invocation.stream) if invocation.has_body else b""
        self._start_watching(invocation)
        return body

    def send(self, parts):
        if sum(map(len, parts)) <= _ONE_WRITE_MAX:
            parts = (b"".join(parts),)   # a small answer leaves in one write
        for part in parts:
            if part:
                self._socket.sendall(part)

    def _read_body(self, number):
        pieces, size = [], 0
        while True:
            found = self._reader.next()
            if found is None:
                raise frames.ProtocolError("closed within a body")
            kind, flags, stream, payload = found
            if kind == frames.CANCEL and stream == number:
                raise InvocationFailed("Unhandled", "InvocationCancelled", "the invocation was cancelled before its body was complete")
            if kind not in (frames.REQUEST_BODY, frames.CANCEL):
                raise frames.ProtocolError("unexpected frame %#x within a body" % kind)
            if kind == frames.CANCEL or stream != number:
                continue
            pieces.append(payload)
            size += len(payload)
            if size > BODY_MAX:
                raise InvocationFailed("TooLarge", "TooLarge", "the body is larger than %d MiB" % (BODY_MAX >> 20))
            if flags & frames.END_OF_BODY:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    # While a function runs for longer than a moment, the hub reads this connection: a Cancel or its end stops the function.

    def _start_watching(self, invocation):
        with self._watch_lock:
            self._gate, self._stream, self._started = invocation.gate, invocation.stream, perf_counter()
            self._look_for_cancel()   # it may have come together with the body
        hub = self._worker.hub
        if not hub.is_ticking:
            hub.start_ticking()

    def _stop_watching(self):
        with self._watch_lock:
            self._gate, was_watched, self._is_watched = None, self._is_watched, False
        if was_watched:
            self._worker.hub.unwatch(self)

    def tick(self, now):
        """Called by the hub. Whether to look again soon."""
        if self._gate is None or self._is_watched:
            return False
        if now - self._started < TICK:
            return True
        with self._watch_lock:
            if self._gate is not None:
                self._is_watched = True
                self._worker.hub.watch(self)
        return False

    def on_readable(self):
        """Called by the hub. True when it is to go on watching."""
        with self._watch_lock:
            if not self._is_watched:
                return False
            try:
                if self._reader.fill(socket.MSG_DONTWAIT):
                    self._look_for_cancel()
                    return True
            except BlockingIOError:
                return True
            except (OSError, frames.ProtocolError):
                pass
            self._gate.cancel(2)
            return False

    def _look_for_cancel(self):
        while True:
            found = self._reader.take()
            if found is None:
                return
            kind, _, stream, payload = found
            if kind == frames.CANCEL and stream == self._stream:
                self._gate.cancel(payload[0] if payload else 0)
            elif kind not in (frames.CANCEL, frames.REQUEST_BODY):
                raise frames.ProtocolError("unexpected frame %#x during an invocation" % kind)
