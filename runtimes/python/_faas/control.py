"""The control connection: what the controller says, and the log lines and answers it gets. All of it in the hub's thread, except answer()."""
import select
import socket
import time

from . import frames

_LAST_LINES_PATIENCE = 0.5   # seconds that the last log lines may take to leave


class Control:
    def __init__(self, hub, lines, worker):
        self._hub = hub
        self._lines = lines
        self._worker = worker
        self._socket = None
        self._answers = []          # Specialized frames: never dropped
        self._pending = b""         # what the socket did not take
        self._kept = b""            # the frames that _pending is the rest of, to be sent whole on a new connection

    def answer(self, message):
        """Sends a Specialized frame, after all log lines there are."""
        self._answers.append(frames.json_frame(frames.SPECIALIZED, 0, message))
        self._hub.wake()

    def take(self, sock, reader):
        """A new connection replaces the one there is."""
        if self._socket:
            self._hub.close(self._socket)
        self._socket = sock
        self._pending = self._kept
        self._hub.register(sock.fileno(), select.EPOLLIN, lambda events: self._read(sock, reader, events))
        self._read_frames(sock, reader)

    def send(self):
        """Sends what the connection takes now; waits for EPOLLOUT when that is not all."""
        while self._socket:
            if not self._pending:
                # Answers are looked at first: lines that were written before one was given are then sent before it.
                answers, self._answers = self._answers, []
                limit = 64 * 1024 if not answers else 1 << 30
                self._kept = self._pending = b"".join(self._lines.take(limit) + answers)
                if not self._pending:
                    break
            try:
                sent = self._socket.send(self._pending, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                self._hub.modify(self._socket.fileno(), select.EPOLLIN | select.EPOLLOUT)
                return
            except OSError:
                self._lose(self._socket)
                return
            self._pending = self._pending[sent:]
            if not self._pending:
                self._kept = b""
        if self._socket:
            self._hub.modify(self._socket.fileno(), select.EPOLLIN)

    def send_last(self):
        """Before the process ends: sends what there is, if it does not take long."""
        give_up = time.monotonic() + _LAST_LINES_PATIENCE
        self.send()
        while self._socket and self._pending and time.monotonic() < give_up:
            select.select((), (self._socket,), (), 0.05)
            self.send()

    def _read(self, sock, reader, events):
        if sock is not self._socket or not events & ~select.EPOLLOUT:
            return
        try:
            if not reader.fill():
                raise OSError("closed")
        except BlockingIOError:
            return
        except OSError:
            self._lose(sock)
            return
        self._read_frames(sock, reader)

    def _read_frames(self, sock, reader):
        try:
            found = reader.take()
            while found:
                self._worker.control(found[0], found[3])
                found = reader.take()
        except (frames.ProtocolError, ValueError, KeyError, TypeError):
            self._lose(sock)

    def _lose(self, sock):
        if self._socket is sock:
            self._socket = None
        self._hub.close(sock)
