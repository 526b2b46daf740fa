"""Threads that take turns at a shared connection: one leads, that is, it reads; the others run what they have read, or wait for their turn."""
import threading

from .clocks import Stopwatch


class Member:
    """A thread of a crew."""

    def __init__(self):
        self.turn = threading.Lock()   # locked while it is not this thread's turn
        # What the leader runs, while it does. Whoever takes it out, the thread itself at the end or another one before, says who leads from then on:
        # list.pop() succeeds for only one of them, and costs less than a lock.
        self.inside = []
        self.watch = Stopwatch()
        self.is_busy = False           # counted as such by the worker
        self.gathers_since = 0.0
        self.gathered = 0              # answers since then, which have not left
        self.gathers_max = 1           # one more could begin beside others before an earlier one's End has left

    def come_out(self):
        """Ends the leader's stay in a handler. True for the first who does."""
        try:
            self.inside.pop()
            return True
        except IndexError:
            return False


class Crew:
    def __init__(self, size_max, work):
        self.lock = threading.Lock()   # guards what follows, and is taken only when the lead changes hands
        self.leader = None             # None: all are busy with what they have read, and the hub stands in
        self.is_closed = False
        self._work = work              # what a new thread does, with its Member
        self._limit = self._size_max = size_max
        self._size = 1
        self._idle = []
        self._is_wanted = False        # a new leader was looked for in vain

    def lead(self, me):
        """Waits until this thread is to lead. False: there is nothing left to lead."""
        with self.lock:
            if self.is_closed:
                return False
            if self.leader is None or self._is_wanted and self.leader.come_out():
                self.leader, self._is_wanted = me, False
            if self.leader is me:
                return True
            me.turn.acquire(False)
            self._idle.append(me)
        me.turn.acquire()
        return not self.is_closed

    def pass_on(self, fallback):
        """Called by the leader. Makes another thread the leader, or this fallback when there is none; whether there was one."""
        with self.lock:
            return self._appoint(fallback)

    def replace(self, leader):
        """Called by the hub when the leader has been inside one handler for too long. None: it has come out; else as pass_on(None)."""
        with self.lock:
            if self.leader is not leader or not self.leader.come_out():
                return None
            return self._appoint(None)

    def close(self):
        with self.lock:
            self.is_closed = True
            idle, self._idle = self._idle, []
        for member in idle:
            member.turn.release()

    def room(self):
        """Invocations that the leader may run beside what the others run. It may grow while it leads, and does not shrink."""
        return self._limit - self._size + 1 + len(self._idle)

    def quit(self):
        """Whether this thread was the last one."""
        with self.lock:
            self._size -= 1
            return self._size == 0

    def _appoint(self, fallback):
        if self._idle:
            self.leader = self._idle.pop()
            self.leader.turn.release()
            return True
        if self._size < self._size_max and not self.is_closed:
            self.leader = Member()
            self._size += 1
            try:
                threading.Thread(target=self._work, args=(self.leader,), name="faas-invocations", daemon=True).start()
                return True
            except RuntimeError:   # the function has used up its threads or memory; those that there are will do
                self._size -= 1
                self._size_max = self._size
        self.leader, self._is_wanted = fallback, True
        return False
