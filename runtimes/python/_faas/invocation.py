"""One invocation, from its Request to the last frames of its answer. How frames come and go is the matter of the connection it is on."""
from . import events, failures, frames, logs, results
from .cancelling import Gate, InvocationCancelled
from .context import Context
from .run import Run, is_stream

_LAST_PIECE = 4096   # bytes; of a body that is longer than a frame


class Invocation:
    """connection: read_body(invocation), way_for_long(invocation) and send(parts)."""

    def __init__(self, worker, connection, stream):
        self.connection = connection   # the one that the rest of the answer goes over
        self.stream = stream
        self.gate = Gate()
        self.request = None
        self.body = None
        self._worker = worker
        self._owner = None

    def answer(self):
        """Runs the function. (parts, outcome): what is left to send before End, which is all of a small answer and nothing of one that has gone out already."""
        self._owner = owner = logs.Partials(self.request.id)
        try:
            return self._result(Run(self.gate, owner)), frames.COMPLETED
        except InvocationFailed as e:
            return (frames.json_frame(frames.FAILURE, self.stream, e.failure),), frames.FAILED
        finally:
            if owner.is_begun:
                self._worker.output.end_lines(owner)

    def _result(self, run):
        worker, request = self._worker, self.request
        function = worker.function
        try:
            if function is None:
                raise InvocationFailed("Unhandled", "NotSpecialized", "this instance has no function")
            body = self.connection.read_body(self)
            event = events.raw_event(body) if request.kind == 1 else events.http_event(request, body, function.name)
            value = run.call(function.handler, event, Context(function, request))
            if request.kind == 1:
                return self._whole(200, results.JSON_HEADERS, _json_only(value))
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
            raise InvocationFailed("Unhandled", "InvocationCancelled", self.gate.describe()) from None
        except (OSError, frames.ProtocolError) as e:
            if run.is_inside(e):
                raise self._unhandled(e) from None
            raise
        except SystemExit as e:
            worker.exit_for(e, self._owner)
        except BaseException as e:
            raise self._unhandled(e) from None

    def _unhandled(self, error):
        self._worker.output.error(failures.formatted(error), self._owner)
        return InvocationFailed("Unhandled", *failures.describe(error), failures.trace(error, self._worker.function.code))

    def _whole(self, status, headers, body):
        head = _head(self.stream, status, len(body), headers)
        if not body:
            return (head,)
        if len(body) <= frames.BODY_PIECE_MAX:
            return head, frames.HEADER.pack(8 + len(body), frames.RESPONSE_BODY, 0, 0, self.stream), body
        self._take_long_way()
        view = memoryview(body)
        self.connection.send((head, *frames.body(self.stream, view[:-_LAST_PIECE])))
        return tuple(frames.body(self.stream, view[-_LAST_PIECE:]))   # leaves with the End: who reads it has what End tells, too

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
            first = _head(self.stream, status, -1, headers)
            self._take_long_way()
            while more:
                self.connection.send((first, *frames.body(self.stream, item)) if item else (first,))
                first = b""
                item, more = take()
                item = results.piece(item) if more else b""
            return (first,)
        finally:
            close()

    def _take_long_way(self):
        self.connection = self.connection.way_for_long(self)


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
