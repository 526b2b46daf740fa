"""A timer that an epoll can wait for."""
import ctypes
import os

# PyDLL: these calls do not wait, so the interpreter's lock is kept. os has them from Python 3.13 on only.
_libc = ctypes.PyDLL(None, use_errno=True)
_CLOCK_MONOTONIC = 1


class _Times(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("interval_s", "interval_ns", "s", "ns")]


class Timer:
    """Fires once each time it is set. Any thread sets it; that costs one system call and wakes nobody."""

    def __init__(self, seconds):
        self._fd = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._times = ctypes.byref(_Times(0, 0, int(seconds), int(seconds % 1 * 1e9)))
        self._never = ctypes.byref(_Times(0, 0, 0, 0))
        self._set = _libc.timerfd_settime
        self._set.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def fileno(self):
        return self._fd

    def set(self):
        self._set(self._fd, 0, self._times, None)

    def stop(self):
        """Does not fire until it is set again."""
        self._set(self._fd, 0, self._never, None)

    def clear(self):
        """After it has fired."""
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            pass   # it was set again in the meantime
