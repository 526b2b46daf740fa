"""One invocation's way into the function's code and out of it."""
import contextvars
import inspect
import sys

from . import failures, logs
from .function import event_loop


# Most values are of one of these, and then need no closer look.
_PLAIN = frozenset((dict, str, list, tuple, int, float, bool, bytes, type(None)))


def is_stream(value):
    kind = type(value)
    if kind in _PLAIN:
        return False
    return hasattr(kind, "__next__") or hasattr(kind, "__aiter__")


class Run:
    """Calls into the function's code: always in the invocation's context, always through its gate."""

    def __init__(self, gate, owner):
        self._gate = gate
        self._context = contextvars.copy_context()
        self._context.run(logs.current.set, owner)
        self._raised = None

    def call(self, handler, event, context):
        value = self._step(handler, event, context)
        return self._step_async(value) if type(value) not in _PLAIN and inspect.isawaitable(value) else value

    def is_inside(self, error):
        """Whether an exception was raised by the function, not by the worker's own reading and writing."""
        return error is self._raised

    def steps(self, items):
        """Two functions: the next (item, True) or (None, False); and one that ends the iteration early."""
        if hasattr(type(items), "__next__"):
            def take():
                try:
                    return self._step(next, items), True
                except StopIteration:
                    return None, False
            return take, lambda: self._close(items, "close", self._context.run)

        iterator = type(items).__aiter__(items)

        def take_async():
            try:
                return self._step_async(iterator.__anext__()), True
            except StopAsyncIteration:
                return None, False
        return take_async, lambda: self._close(iterator, "aclose", lambda close: self._context.run(event_loop().run_until_complete, close()))

    def _step(self, function, *args):
        try:
            return self._gate.run(self._context.run, function, *args)
        except BaseException as e:
            self._raised = e
            raise

    def _step_async(self, awaitable):
        try:
            return self._context.run(self._gate.run_async, event_loop(), awaitable)
        except BaseException as e:
            self._raised = e
            raise

    def _close(self, items, name, call):
        close = getattr(items, name, None)
        if close:
            try:
                call(close)
            except Exception as e:
                # It is the function's clean-up that failed; the answer is over, so only the log can tell.
                self._context.run(print, failures.formatted(e), file=sys.stderr)
