"""Stopping a handler that nobody waits for any more, by an exception in its thread, and never in the worker's own code."""
import asyncio
import ctypes
import signal
import threading

_set_async_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
_set_async_exception.argtypes = (ctypes.c_ulong, ctypes.py_object)
_NOTHING = ctypes.py_object()   # NULL; None would be an exception of that "type"

# A signal that no function is likely to use. Its handler does nothing: it makes the main thread's blocking call return, so that the
# exception is raised at once (other threads see it when their call returns by itself).
_POKE = signal.SIGRTMIN + 7

_REASONS = {1: "its timeout ran out", 2: "its caller went away"}


class InvocationCancelled(BaseException):
    """Raised in a handler whose invocation was cancelled. Not an Exception, so that `except Exception` does not keep it from stopping."""


def prepare():
    signal.signal(_POKE, lambda number, frame: None)


class Gate:
    """Guards one invocation. The function's code runs only inside run() or run_async(); only there it can be interrupted."""

    def __init__(self):
        self.cancelled = None   # the reason
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._inside = False
        self._stop_task = None

    def describe(self):
        return "the invocation was cancelled: " + _REASONS.get(self.cancelled, "reason %s" % self.cancelled)

    def cancel(self, reason):
        """Called by the hub's thread, at any time."""
        with self._lock:
            if self.cancelled is not None:
                return
            self.cancelled = reason
            if self._stop_task:
                self._stop_task()
            elif self._inside:
                _set_async_exception(self._thread, InvocationCancelled)
                if self._thread == threading.main_thread().ident:
                    signal.pthread_kill(self._thread, _POKE)

    def run(self, function, *args):
        try:
            try:
                self._enter()
                return function(*args)
            finally:
                self._leave()
        except InvocationCancelled:
            # It may have been raised in _leave itself. There is at most one, so this time it runs to its end.
            self._leave()
            raise

    def run_async(self, loop, awaitable):
        """Runs a coroutine on the thread's own loop; a cancellation is the task's."""
        task = asyncio.ensure_future(awaitable, loop=loop)
        with self._lock:
            if self.cancelled is not None:
                task.cancel()
            self._stop_task = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            if self.cancelled is not None:
                raise InvocationCancelled() from None
            raise
        finally:
            with self._lock:
                self._stop_task = None

    def _enter(self):
        with self._lock:
            if self.cancelled is not None:
                raise InvocationCancelled()
            self._inside = True

    def _leave(self):
        with self._lock:
            self._inside = False
            if self.cancelled is not None:
                _set_async_exception(self._thread, _NOTHING)   # takes back one that was set and not raised yet
