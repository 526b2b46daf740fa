"""
The main thread: signal handlers, timers and objects that must stay in one thread work there as on Lambda. With a concurrency of one all handlers run in it,
whichever connection their invocation came over.
"""
import collections
import os
import queue
import select
from threading import get_ident


class MainThread:
    """Made in the main thread, which runs jobs: all the time, or while it waits for a shared connection that it serves."""

    def __init__(self):
        self._ident = get_ident()
        self._jobs = collections.deque()
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def is_here(self):
        return get_ident() == self._ident

    def post(self, job):
        self._jobs.append(job)
        try:
            os.write(self._write, b"x")
        except BlockingIOError:
            pass   # it is full, so it will be read

    def call(self, job):
        """Runs the job in the main thread; its result, or its exception."""
        results = queue.SimpleQueue()
        self.post(lambda: results.put(_outcome(job)))
        result, error = results.get()
        if error is not None:
            raise error
        return result

    def run(self):
        poll = self.poll_with()
        while True:
            self._poll(poll)

    def poll_with(self, *files):
        """To be given to wait_for."""
        poll = select.poll()
        for file in (self._read, *files):
            poll.register(file, select.POLLIN)
        return poll

    def wait_for(self, poll):
        """Runs jobs until one of the other files is readable."""
        while not self._poll(poll):
            pass

    def _poll(self, poll):
        # Jobs first: one of them may be this very wait, and the others have been woken for together with it.
        while self._jobs:
            self._jobs.popleft()()
        ready = poll.poll()
        if len(ready) == 1 and ready[0][0] != self._read:
            return True
        os.read(self._read, 4096)
        return len(ready) > 1


def _outcome(job):
    try:
        return job(), None
    except BaseException as e:
        return None, e
