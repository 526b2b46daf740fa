"""
What invocations use: CPU time and peak memory of the whole process, so that the function's own threads count, and children once they were waited for. Invocations that
run at the same time share what is used meanwhile evenly.

To read it is a system call that looks at every thread, some microseconds; so invocations of a function that is brief as a rule do not read it: they are charged their
running time, times the share of it that was CPU time in the last few milliseconds.
"""
import os
import threading
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

BRIEF = 0.001      # seconds; what ends within them is charged by its running time
_STALE = 0.0005    # so old may be what is compared with where others run, too: who gets what of it is a convention anyway
_WINDOW = 0.005    # so often the share of CPU time in brief invocations is looked at
_MOST = 0xFFFFFFFF


class Meter:
    def __init__(self):
        self._lock = threading.Lock()
        self._cpu = 0.0            # seconds, at the last reading
        self._read_at = 0.0
        self._each = 0.0           # what an invocation that has run for ever would have used; who ends at another value than it began at used the difference
        self._running = 0          # invocations that are measured
        self._brief_ran = 0.0      # since the last reading, by brief ones
        self._brief_charged = 0.0
        self._rate = 1.0           # CPU time of one second of a brief one; at first they are thought to compute
        self._peak_kib = 0
        self._clearing = None      # /proc/self/clear_refs; False where the kernel does not let it be written

    def begin(self, is_brief):
        """An invocation begins. What is to be given to end() or drop()."""
        if is_brief:
            return None
        with self._lock:
            now = perf_counter()
            if self._running == 0:
                self._forget_peak()
            if self._running == 0 or now - self._read_at > _STALE:
                self._advance(now)
            self._running += 1
            return self._each

    def end(self, begun, elapsed):
        """It has ended after so many seconds. (CPU time in microseconds, at least 1; peak in KiB)"""
        if begun is not None:
            with self._lock:
                now = perf_counter()
                if self._running == 1 or now - self._read_at > _STALE:
                    self._advance(now)
                self._running -= 1
                used = self._each - begun
        elif elapsed > BRIEF:
            used = self._unexpected()
        else:
            used = elapsed * self._rate
            self._brief_ran += elapsed   # a thread that is interrupted within this line loses another's; the next reading only shows a rate that is a little off
            self._brief_charged += used
            if perf_counter() - self._read_at > _WINDOW:
                with self._lock:
                    self._advance(perf_counter())
        return min(max(int(used * 1e6), 1), _MOST), min(self._peak_kib, _MOST)

    def drop(self, begun):
        """It will not be told what it used."""
        if begun is not None:
            with self._lock:
                self._running -= 1

    def _unexpected(self):
        """One that took long for once: it has what is nobody else's since the last reading."""
        with self._lock:
            self._running += 1
            before = self._each
            self._advance(perf_counter())
            self._running -= 1
            return self._each - before

    def _advance(self, now):
        own, children = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
        cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        ran, self._brief_ran = self._brief_ran, 0.0
        charged, self._brief_charged = self._brief_charged, 0.0
        if self._running > 0:
            self._each += max(0.0, cpu - self._cpu - charged) / self._running
        elif ran > 0:
            self._rate = min(1.0, (cpu - self._cpu) / ran)   # the worker's own work is in it, too; so it is never too little
        self._cpu, self._read_at, self._peak_kib = cpu, now, own.ru_maxrss

    def _forget_peak(self):
        """From now on the peak is counted anew, see clear_refs in proc(5); else it is the highest since the worker began."""
        if self._clearing is False:
            return
        try:
            if self._clearing is None:
                self._clearing = os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
            os.write(self._clearing, b"5")
        except OSError:
            self._clearing = False
