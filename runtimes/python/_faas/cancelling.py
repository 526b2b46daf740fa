"""Stopping a handler that nobody waits for any more, by an exception in its thread, and never in the worker's own code."""
import asyncio
import ctypes
import signal
import threading
from threading import get_ident

_main = threading.main_thread().ident
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


# Taken only when something is cancelled or waits in a way that must be stopped by other means: see Gate.
_lock = threading.Lock()


class Gate:
    """
    Guards one invocation. The function's code runs only inside run() or run_async(); only there it can be interrupted.

    run() takes no lock: it says where it is before it looks whether it was cancelled, and cancel() says that it cancels before it looks where the thread is,
    so at least one of the two sees the other.
    """

    cancelled = None   # the reason
    _thread = None
    _is_inside = False
    _stop = None

    def describe(self):
        return "the invocation was cancelled: " + _REASONS.get(self.cancelled, "reason %s" % self.cancelled)

    def cancel(self, reason):
        """Called by other threads, at any time."""
        with _lock:
            if self.cancelled is not None:
                return
            self.cancelled = reason
            if self._stop:
                self._stop()
            elif self._is_inside:
                _set_async_exception(self._thread, InvocationCancelled)
                if self._thread == _main:
                    signal.pthread_kill(self._thread, _POKE)

    def run(self, function, *args):
        try:
            try:
                self._thread = get_ident()
                self._is_inside = True
                if self.cancelled is not None:
                    raise InvocationCancelled()
                return function(*args)
            finally:
                self._is_inside = False
                if self.cancelled is not None:
                    self._take_back()
        except InvocationCancelled:
            # It may have been raised while leaving. There is at most one, so this time it runs to its end.
            self._is_inside = False
            self._take_back()
            raise

    def run_async(self, loop, awaitable):
        """Runs a coroutine on the thread's own loop; a cancellation is the task's."""
        task = asyncio.ensure_future(awaitable, loop=loop)
        with _lock:
            if self.cancelled is not None:
                task.cancel()
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            if self.cancelled is not None:
                raise InvocationCancelled() from None
            raise
        finally:
            with _lock:
                self._stop = None

    def wait(self, arrivals):
        """Takes from a queue of the worker's own; a cancellation puts None there."""
        with _lock:
            if self.cancelled is not None:
                raise InvocationCancelled()
            self._stop = lambda: arrivals.put(None)
        found = arrivals.get()
        self._stop = None
        if found is None:
            raise InvocationCancelled()
        return found

    def _take_back(self):
        with _lock:
            _set_async_exception(self._thread, _NOTHING)   # one that was set and not raised yet
