"""A data connection: invocations, one at a time, on a thread of its own with blocking reads and writes."""
import socket
import threading
import time

from . import events, failures, frames, logs, results
from .cancelling import Gate, InvocationCancelled
from .context import Context
from .run import Run, is_stream

BODY_MAX = 64 * 1024 * 1024   # The gateway has a limit of its own, far lower by default; this one keeps a gateway without one from filling the memory.
_ONE_WRITE_MAX = 256 * 1024


class DataConnection:
    def __init__(self, sock, reader, worker):
        self._socket = sock
        self._reader = reader
        self._worker = worker
        self._watch_lock = threading.Lock()
        self._gate = None       # of the running invocation, while the hub watches the socket; guarded by _watch_lock
        self._stream = 0

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._socket.close()

    def serve(self):
        """Until the peer closes, or the worker shuts down."""
        self._socket.setblocking(True)
        self._worker.hub.add_watched(self)
        try:
            while self._serve_one():
                pass
        except (frames.ProtocolError, OSError):
            pass
        finally:
            self._worker.hub.remove_watched(self)
            self._socket.close()

    def _serve_one(self):
        found = self._reader.next()
        if found is None:
            return False
        kind, flags, stream, payload = found
        if kind in (frames.REQUEST_BODY, frames.CANCEL):
            return True   # of an invocation that ended already
        if kind != frames.REQUEST:
            raise frames.ProtocolError("unexpected frame %#x" % kind)
        request = frames.read_request(payload)
        if not self._worker.enter():
            return False
        try:
            self._stream = stream
            self._invoke(request, flags)
            return True
        finally:
            self._worker.leave()

    def _invoke(self, request, flags):
        started = time.thread_time_ns()
        output, owner = self._worker.output, logs.Partials(request.id)
        failure, last = None, ()
        try:
            last = self._answer(request, flags, owner)
        except InvocationFailed as e:
            failure = e.failure
        finally:
            self._stop_watching()
            output.end_lines(owner)
        end = frames.end(self._stream, failure is not None, (time.thread_time_ns() - started) // 1000)
        if failure is not None:
            last = (frames.json_frame(frames.FAILURE, self._stream, failure),)
        self._send((*last, end))

    def _answer(self, request, flags, owner):
        """Runs the function. What is left to send before End; a stream has sent most of it already."""
        function, gate = self._worker.function, Gate()
        run = Run(gate, owner)
        try:
            if function is None:
                raise InvocationFailed("Unhandled", "NotSpecialized", "this instance has no function")
            body = self._read_body(request, flags)
            event = events.raw_event(body) if request.kind == 1 else events.http_event(request, body, function.name)
            self._start_watching(gate)
            value = run.call(function.handler, event, Context(function, request))
            if request.kind == 1:
                return self._whole(200, [results.JSON_TYPE], _json_only(value))
            if is_stream(value):
                return self._stream_items(run, value)
            return self._whole(*results.infer(value))
        except InvocationFailed:
            raise
        except events.BadEvent as e:
            raise InvocationFailed("BadEvent", "BadEvent", str(e)) from None
        except (results.InvalidResult, _HeadTooLarge) as e:
            raise InvocationFailed("InvalidResult", "InvalidResult", str(e)) from None
        except InvocationCancelled:
            raise InvocationFailed("Unhandled", "InvocationCancelled", gate.describe()) from None
        except (OSError, frames.ProtocolError) as e:
            if run.is_inside(e):
                raise self._unhandled(e, owner) from None
            raise
        except SystemExit as e:
            self._worker.exit_for(e, owner)
        except BaseException as e:
            raise self._unhandled(e, owner) from None

    def _unhandled(self, error, owner):
        self._worker.output.error(failures.formatted(error), owner)
        return InvocationFailed("Unhandled", *failures.describe(error), failures.trace(error, self._worker.function.code))

    def _read_body(self, request, flags):
        if flags & frames.END_OF_BODY:
            return b""
        pieces, size = [], 0
        while True:
            found = self._reader.next()
            if found is None:
                raise frames.ProtocolError("closed within a body")
            kind, flags, stream, payload = found
            if kind == frames.CANCEL and stream == self._stream:
                raise InvocationFailed("Unhandled", "InvocationCancelled", "the invocation was cancelled before its body was complete")
            if kind not in (frames.REQUEST_BODY, frames.CANCEL):
                raise frames.ProtocolError("unexpected frame %#x within a body" % kind)
            if kind == frames.CANCEL or stream != self._stream:
                continue
            pieces.append(payload)
            size += len(payload)
            if size > BODY_MAX:
                raise InvocationFailed("TooLarge", "TooLarge", "the body is larger than %d MiB" % (BODY_MAX >> 20))
            if flags & frames.END_OF_BODY:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _whole(self, status, headers, body):
        head = _head(self._stream, status, len(body), headers)
        return (head, *frames.body(self._stream, body)) if body else (head,)

    def _stream_items(self, run, items):
        take, close = run.steps(items)
        try:
            item, more = take()
            if more and results.is_head(item):
                status, headers, body = results.from_response(item, results.TEXT_TYPE)
                item = body
            else:
                status, headers = 200, [results.TEXT_TYPE]
                item = results.piece(item) if more else b""
            first = _head(self._stream, status, -1, headers)
            while more:
                self._send((first, *frames.body(self._stream, item)) if item else (first,))
                first = b""
                item, more = take()
                item = results.piece(item) if more else b""
            return (first,)
        finally:
            close()

    def _send(self, parts):
        if sum(map(len, parts)) <= _ONE_WRITE_MAX:
            parts = (b"".join(parts),)   # a small answer leaves in one write
        for part in parts:
            if part:
                self._socket.sendall(part)

    # While the function runs, the hub reads this connection: a Cancel or its end stops the function.

    def _start_watching(self, gate):
        with self._watch_lock:
            self._gate = gate
            self._look_for_cancel()   # it may have come together with the body
        self._worker.hub.watch(self)

    def _stop_watching(self):
        if self._gate is not None:
            self._worker.hub.unwatch(self)
            with self._watch_lock:
                self._gate = None

    def on_readable(self):
        """Called by the hub. True when it is to go on watching."""
        with self._watch_lock:
            if self._gate is None:
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


class InvocationFailed(Exception):
    def __init__(self, kind, error_type, message, trace=()):
        super().__init__(message)
        self.failure = failures.failure(kind, error_type, message, trace)


class _HeadTooLarge(Exception):
    pass


def _head(stream, status, length, headers):
    try:
        return frames.response(stream, status, length, headers)
    except Exception as e:
        raise _HeadTooLarge(str(e)) from None


def _json_only(value):
    if hasattr(type(value), "__next__") or hasattr(type(value), "__anext__"):
        raise results.InvalidResult("a stream answers HTTP requests only; return a value for an event")
    return results.to_json(value)

