"""The thread that does everything but run the function: accepts, reads control frames, watches for Cancel, sends logs, ends the process."""
import errno
import operator
import os
import select
import socket
import threading
import time

from . import frames

_OUT_OF_FILES = (errno.EMFILE, errno.ENFILE)
_READ_ONCE = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT
_EXIT_PATIENCE = 0.5   # how long the last log lines may take to leave
_exit = os._exit        # the real one: the function gets Hub.end_process in its place


class Hub:
    def __init__(self, listener, lines, worker):
        self._listener = listener
        self._lines = lines
        self._worker = worker
        self._epoll = select.epoll()
        self._handlers = {}
        self._wake_read, self._wake_write = os.pipe()
        self._spare = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        self._control = None
        self._answers = []          # Specialized frames: never dropped
        self._pending = b""         # of the control connection: what the socket did not take
        self._kept = b""            # the frames that _pending is the rest of, to be sent whole on a new connection
        self._awake = False
        self._deadline = None
        self._exit_code = None
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        lines.wake = self.wake

    def start(self):
        self._add(self._listener.fileno(), select.EPOLLIN, self._accept)
        self._add(self._wake_read, select.EPOLLIN, self._drain_wakes)
        threading.Thread(target=self._run, name="faas-hub", daemon=True).start()

    # For other threads.

    def wake(self):
        if not self._awake:
            self._awake = True
            try:
                os.write(self._wake_write, b"x")
            except BlockingIOError:
                pass

    def add_watched(self, connection):
        self._add(connection.fileno(), select.EPOLLONESHOT, lambda events: self._watched(connection))

    def remove_watched(self, connection):
        self._remove(connection.fileno())

    def watch(self, connection):
        self._epoll.modify(connection.fileno(), _READ_ONCE)

    def unwatch(self, connection):
        self._epoll.modify(connection.fileno(), select.EPOLLONESHOT)

    def answer(self, message):
        """Sends a Specialized frame, after all log lines there are."""
        self._answers.append(frames.json_frame(frames.SPECIALIZED, 0, message))
        self.wake()

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
            threading.Event().wait(2 * _EXIT_PATIENCE)
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
            self._send()
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._exit_code = self._exit_code or 0
            if self._exit_code is not None:
                self._end()

    def _timeout(self):
        return None if self._deadline is None else max(0, self._deadline - time.monotonic())

    def _add(self, fd, events, handler):
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def _remove(self, fd):
        if self._handlers.pop(fd, None):
            try:
                self._epoll.unregister(fd)
            except OSError:
                pass   # closed already

    def _accept(self, _):
        try:
            sock, _ = self._listener.accept()
        except OSError as e:
            if e.errno in _OUT_OF_FILES:
                self._refuse_one()
            return
        sock.setblocking(False)
        reader = frames.FrameReader(sock)
        self._add(sock.fileno(), select.EPOLLIN, lambda events: self._hello(sock, reader))

    def _refuse_one(self):
        # The function has used up its files. The peer must see a closed connection rather than silence, and the listener must not spin.
        os.close(self._spare)
        try:
            self._listener.accept()[0].close()
        except OSError:
            pass
        self._spare = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        self._worker.output.error("a connection was refused: the function has too many files open")

    def _hello(self, sock, reader):
        try:
            alive = reader.fill()
            found = reader.take() if alive else None
            if alive and found is None:
                return
            if found is None or found[0] != frames.HELLO:
                raise frames.ProtocolError("no Hello")
            role, token = frames.read_hello(found[3])
            if role == 1 and not self._worker.is_token(token):
                raise frames.ProtocolError("wrong token")
        except BlockingIOError:
            return
        except (OSError, frames.ProtocolError):
            self._close(sock)
            return
        self._remove(sock.fileno())
        if role == 2:
            self._worker.serve(sock, reader)
        else:
            self._take_control(sock, reader)

    def _take_control(self, sock, reader):
        if self._control:
            self._close(self._control)
        self._control = sock
        self._pending = self._kept
        self._add(sock.fileno(), select.EPOLLIN, lambda events: self._read_control(sock, reader, events))
        self._read_control_frames(sock, reader)

    def _read_control(self, sock, reader, events):
        if sock is not self._control or not events & ~select.EPOLLOUT:
            return
        try:
            if not reader.fill():
                raise OSError("closed")
        except BlockingIOError:
            return
        except OSError:
            self._lose_control(sock)
            return
        self._read_control_frames(sock, reader)

    def _read_control_frames(self, sock, reader):
        try:
            found = reader.take()
            while found:
                self._worker.control(found[0], found[3])
                found = reader.take()
        except (frames.ProtocolError, ValueError, KeyError, TypeError):
            self._lose_control(sock)

    def _lose_control(self, sock):
        if self._control is sock:
            self._control = None
        self._close(sock)

    def _close(self, sock):
        self._remove(sock.fileno())
        sock.close()

    def _watched(self, connection):
        if connection.on_readable():
            self.watch(connection)

    def _drain_wakes(self, _):
        # In this order: a wake after the read writes nothing while _awake is true, but its cause is seen by the _send that follows.
        os.read(self._wake_read, 4096)
        self._awake = False

    def _send(self):
        """Sends what the control connection takes now; waits for EPOLLOUT when that is not all."""
        while self._control:
            if not self._pending:
                # Answers are looked at first: lines that were written before one was given are then sent before it.
                answers, self._answers = self._answers, []
                limit = 64 * 1024 if not answers else 1 << 30
                self._kept = self._pending = b"".join(self._lines.take(limit) + answers)
                if not self._pending:
                    break
            try:
                sent = self._control.send(self._pending, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                self._epoll.modify(self._control.fileno(), select.EPOLLIN | select.EPOLLOUT)
                return
            except OSError:
                self._lose_control(self._control)
                return
            self._pending = self._pending[sent:]
            if not self._pending:
                self._kept = b""
        if self._control:
            self._epoll.modify(self._control.fileno(), select.EPOLLIN)

    def _end(self):
        give_up = time.monotonic() + _EXIT_PATIENCE
        self._send()
        while self._control and self._pending and time.monotonic() < give_up:
            select.select((), (self._control,), (), 0.05)
            self._send()
        _exit(self._exit_code)
