"""The thread that does everything but run the function: it waits for all sockets, looks after what runs for long, and ends the process."""
import operator
import os
import select
import threading
import time

from .clocks import TICK
from .control import Control
from .door import Door
from .timer import Timer

_READ_ONCE = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT
_EXIT_PATIENCE = 1.0    # seconds; longer than the last log lines may take
_exit = os._exit        # the real one: the function gets Hub.end_process in its place


class Hub:
    def __init__(self, listener, lines, worker):
        self.control = Control(self, lines, worker)
        self.is_ticking = False
        self._listener = listener
        self._door = Door(self, listener, worker)
        self._epoll = select.epoll()
        self._handlers = {}
        self._connections = set()   # that invocations come over
        self._timer = Timer(TICK)
        self._wake_read, self._wake_write = os.pipe()
        self._awake = False
        self._deadline = None
        self._exit_code = None
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        lines.wake = self.wake

    def start(self):
        self.register(self._listener.fileno(), select.EPOLLIN, self._door.accept)
        self.register(self._wake_read, select.EPOLLIN, self._drain_wakes)
        self.register(self._timer.fileno(), select.EPOLLIN, self._tick)
        threading.Thread(target=self._run, name="faas-hub", daemon=True).start()

    # For other threads.

    def wake(self):
        if not self._awake:
            self._awake = True
            try:
                os.write(self._wake_write, b"x")
            except BlockingIOError:
                pass

    def add(self, connection):
        self.register(connection.fileno(), select.EPOLLONESHOT, lambda events: self._watched(connection))
        self._connections.add(connection)

    def remove(self, connection):
        self._connections.discard(connection)
        self._remove(connection.fileno())

    def watch(self, connection):
        """From now on the connection's on_readable is called, as long as it says so."""
        self._epoll.modify(connection.fileno(), _READ_ONCE)

    def unwatch(self, connection):
        self._epoll.modify(connection.fileno(), select.EPOLLONESHOT)

    def start_ticking(self):
        """The connections' tick is called after a moment, again and again while one of them says so. Costs nothing while nothing runs."""
        self.is_ticking = True
        self._timer.set()

    def stop_ticking(self):
        """Nothing runs any more. Else an idle process would be woken once more after each invocation, which costs about as much as the invocation did."""
        self.is_ticking = False
        self._timer.stop()

    def give_back(self):
        """What connections have received and not begun never begins."""
        for connection in self._connections.copy():
            connection.give_back()

    def exit_by(self, deadline):
        """The process ends at this time (monotonic) at the latest."""
        self._deadline = deadline if self._deadline is None else min(deadline, self._deadline)
        self.wake()

    def exit(self, code):
        """Ends the process as soon as the last log lines have left."""
        self._exit_code = code
        self.wake()

    def end_process(self, status):
        """os._exit() for the function's code: ends the process, but lets its last log lines leave before. Does not return."""
        status = operator.index(status)
        try:
            self.exit(status)
            threading.Event().wait(_EXIT_PATIENCE)
        finally:
            _exit(status)

    def take_exits(self):
        """From now on os._exit() is end_process(). Forked children have no hub and keep the real one."""
        os._exit = self.end_process
        os.register_at_fork(after_in_child=lambda: setattr(os, "_exit", _exit))

    # The hub's own thread.

    def _run(self):
        while True:
            for fd, events in self._epoll.poll(self._timeout()):
                handler = self._handlers.get(fd)
                if handler:
                    try:
                        handler(events)
                    except Exception as e:   # one connection's trouble must not stop the thread that all others need
                        os.write(2, ("faas worker: %s: %s\n" % (type(e).__name__, e)).encode())
                        self._remove(fd)
            self.control.send()
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._exit_code = self._exit_code or 0
            if self._exit_code is not None:
                self._end()

    def _timeout(self):
        return None if self._deadline is None else max(0, self._deadline - time.monotonic())

    def register(self, fd, events, handler):
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def modify(self, fd, events):
        self._epoll.modify(fd, events)

    def forget(self, sock):
        """Calls its handler no more; it stays open."""
        self._remove(sock.fileno())

    def close(self, sock):
        self.forget(sock)
        sock.close()

    def _remove(self, fd):
        if self._handlers.pop(fd, None):
            try:
                self._epoll.unregister(fd)
            except OSError:
                pass   # closed already

    def _watched(self, connection):
        if connection.on_readable():
            self.watch(connection)

    def _tick(self, _):
        self._timer.clear()
        self.is_ticking = False   # first, so that what begins from now on is seen below or starts the next tick itself
        now = time.perf_counter()
        if any([c.tick(now) for c in self._connections.copy()]) and not self.is_ticking:
            self.start_ticking()

    def _drain_wakes(self, _):
        # In this order: a wake after the read writes nothing while _awake is true, but its cause is seen by the send that follows.
        os.read(self._wake_read, 4096)
        self._awake = False

    def _end(self):
        self.give_back()
        for connection in self._connections.copy():
            connection.flush_some()   # what was answered already is not lost when another invocation ends the process
        self.control.send_last()
        _exit(self._exit_code)
