"""What an invocation took, at little cost: the CPU clock of a thread is a system call."""
from resource import RUSAGE_THREAD, getrusage
from time import perf_counter, thread_time

from .meter import BRIEF

SLOW = 0.0002          # seconds; a handler that usually takes longer does not keep the thread that reads
_SAMPLE_MAX = 0.001    # so that one invocation that was held up does not make a fast function look slow
_WEIGHT = 0.125
_STALE = 0.00025

TICK = 0.003           # seconds after which the hub looks after an invocation that runs


class Pace:
    """The moving average of a function's running time. Threads may overwrite each other's update; nothing depends on one."""

    def __init__(self):
        self._average = None

    @property
    def is_known(self):
        return self._average is not None

    @property
    def is_brief(self):
        """Whether invocations are so brief that they are not measured one by one."""
        return self._average is not None and self._average < BRIEF / 2

    @property
    def is_slow(self):
        return self._average is not None and self._average > SLOW

    def add(self, seconds):
        seconds = min(seconds, _SAMPLE_MAX)
        average = self._average
        self._average = seconds if average is None else average + (seconds - average) * _WEIGHT

    def found_slow(self):
        """A handler was still running when the hub looked."""
        self._average = _SAMPLE_MAX


class Stopwatch:
    """
    A thread's: running time of one invocation after the other.

    One that took long without ever waiting for anything was kept from its core, by other processes of a busy machine: its running time is its CPU time.
    """

    __slots__ = ("started", "_read_at", "_cpu", "_waits")

    def __init__(self):
        self._read_at = 0.0
        self._waits = 0

    def start(self):
        now = self.started = perf_counter()
        if now - self._read_at > _STALE:
            self._read_at, self._cpu, self._waits = now, thread_time(), _waits()

    def stop(self):
        """The running time in seconds."""
        now = perf_counter()
        elapsed, self.started = now - self.started, now   # where one ends the next one may begin
        if elapsed <= SLOW:
            return elapsed
        cpu, waits = thread_time(), _waits()
        used, self._cpu, self._read_at = min(cpu - self._cpu, elapsed), cpu, now
        has_waited, self._waits = waits != self._waits, waits
        return elapsed if has_waited else used


def _waits():
    return getrusage(RUSAGE_THREAD).ru_nvcsw
