"""Where connections come in: the hub's thread accepts them, and gives each to whom it is for once it has said so."""
import errno
import os
import select

from . import frames

_OUT_OF_FILES = (errno.EMFILE, errno.ENFILE)


class Door:
    def __init__(self, hub, listener, worker):
        self._hub = hub
        self._listener = listener
        self._worker = worker
        self._spare = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)

    def accept(self, _):
        try:
            sock, _ = self._listener.accept()
        except OSError as e:
            if e.errno in _OUT_OF_FILES:
                self._refuse_one()
            return
        sock.setblocking(False)
        reader = frames.FrameReader(sock)
        self._hub.register(sock.fileno(), select.EPOLLIN, lambda events: self._receive(sock, reader))

    def _refuse_one(self):
        # The function has used up its files. The peer must see a closed connection rather than silence, and the listener must not spin.
        os.close(self._spare)
        try:
            self._listener.accept()[0].close()
        except OSError:
            pass
        self._spare = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        self._worker.output.error("a connection was refused: the function has too many files open")

    def _receive(self, sock, reader):
        try:
            if not reader.fill():
                raise frames.ProtocolError("closed before it had said what it is for")
            self._place(sock, reader)
        except BlockingIOError:
            pass
        except (OSError, frames.ProtocolError):
            self._hub.close(sock)

    def _place(self, sock, reader):
        if reader.role is None:
            hello = reader.take()
            if hello is None:
                return
            if hello[0] != frames.HELLO:
                raise frames.ProtocolError("no Hello")
            reader.role, token = frames.read_hello(hello[3])
            if reader.role == frames.CONTROL_ROLE and not self._worker.is_token(token):
                raise frames.ProtocolError("wrong token")
        if reader.role == frames.CONTROL_ROLE:
            self._hub.forget(sock)
            self._hub.control.take(sock, reader)
        elif reader.role == frames.SHARED_ROLE:
            self._hub.forget(sock)
            self._worker.serve_shared(sock, reader)
        else:
            self._place_data(sock, reader)

    def _place_data(self, sock, reader):
        # No thread waits for the first frame: it may be a Take, and then there is a thread already.
        kind = reader.peek()
        if kind is None:
            return
        if kind != frames.TAKE:
            self._hub.forget(sock)
            self._worker.serve(sock, reader)
            return
        take = reader.take()
        if take is not None:
            self._hub.forget(sock)
            self._worker.take(take[2], sock, reader)
