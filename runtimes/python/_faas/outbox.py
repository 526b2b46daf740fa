"""Answers on their way out of a shared connection: those that are ready at about the same time leave in one write."""
import socket
import threading


class Outbox:
    def __init__(self, sock):
        self._socket = sock
        self._gathered = []                # frames; any thread appends
        self._sending = threading.Lock()   # held to send, and to take out of _gathered

    def add(self, *parts):
        self._gathered += parts   # one atomic step, so that the frames of an answer stand together

    def flush(self):
        """Returns when everything gathered so far has left."""
        gathered = self._gathered
        while True:
            with self._sending:
                count = len(gathered)
                if count:
                    data = b"".join(gathered[:count])
                    del gathered[:count]
                    self._socket.sendall(data)
            if not gathered:   # else it came while this thread was sending, from one that does not wait; see flush_some
                return

    def flush_some(self):
        """Sends what can be sent without waiting."""
        while self._gathered and self._sending.acquire(False):   # or somebody is at it, and looks again afterwards
            try:
                count = len(self._gathered)
                data = b"".join(self._gathered[:count])
                sent = self._socket.send(data, socket.MSG_DONTWAIT)
                self._gathered[:count] = (data[sent:],) if sent < len(data) else ()
                if sent < len(data):
                    return
            except OSError:
                return   # it is full; or closed, which others will see too
            finally:
                self._sending.release()
