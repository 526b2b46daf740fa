"""What a shared connection has received: invocations in their order, and which of them run."""
import collections

from . import frames
from .invocation import Invocation

_READ_MAX = 64 * 1024


class Inbox:
    """Read by one thread at a time: the one that leads, or the hub while it stands in."""

    def __init__(self, sock, make, refuse):
        self.ready = collections.deque()   # read and not begun; taken out in one step, so that what one thread gives back no other one begins
        # By number: what was read, and has not ended. Whoever takes one out decides what becomes of it: a Cancel, a Take, or the thread that runs it.
        self.running = {}
        self._socket = sock
        self._make = make                  # an Invocation of its number
        self._refuse = refuse              # answers these numbers: they never begin
        self._rest = b""                   # the beginning of a frame

    def read(self, flags=0):
        """One recv. False when the peer has closed."""
        data = self._socket.recv(_READ_MAX, flags)
        if not data:
            return False
        self.add(data)
        return True

    def add(self, data):
        """What was received."""
        self._cut(self._rest + data if self._rest else data)

    def cancel(self, stream, reason):
        if self.recall(stream):
            return
        invocation = self.running.pop(stream, None)
        if invocation is not None:
            invocation.gate.cancel(reason)

    def recall(self, stream):
        """Gives it back, if it has not begun; whether it has not."""
        invocation = self.running.get(stream)
        try:
            self.ready.remove(invocation)
        except ValueError:
            return False
        del self.running[stream]
        self._refuse([stream])
        return True

    def give_back(self):
        """Everything that has not begun."""
        streams = []
        try:
            while True:
                invocation = self.ready.popleft()
                self.running.pop(invocation.stream, None)
                streams.append(invocation.stream)
        except IndexError:
            pass
        if streams:
            self._refuse(streams)

    def cancel_all(self, reason):
        for stream in list(self.running):
            self.cancel(stream, reason)

    def _cut(self, data):
        at, size, unpack = 0, len(data), frames.HEADER.unpack_from
        while size - at >= 12:
            length, kind, flags, _, stream = unpack(data, at)
            if not 8 <= length <= 8 + frames.PAYLOAD_MAX:
                raise frames.ProtocolError("impossible length of a frame")
            head, at_next = at + 12, at + 4 + length
            if at_next > size:
                break
            if kind == frames.REQUEST:
                stop, body = at_next, b""
                if not flags & frames.END_OF_BODY:
                    at_next = _body_end(data, stop, stream)
                    if at_next is None:
                        break
                    body = data[stop + 12:at_next]
                invocation = self._make(stream)
                invocation.head, invocation.body = (data, head, stop), body
                self.running[stream] = invocation
                self.ready.append(invocation)
            elif kind == frames.CANCEL:
                self.cancel(stream, data[head] if head < at_next else 0)
            elif kind == frames.RECALL:
                self.recall(stream)
            else:
                raise frames.ProtocolError("unexpected frame %#x" % kind)
            at = at_next
        self._rest = data[at:]


def _body_end(data, at, stream):
    """Where the body ends that follows a Request in a frame of its own; None when it has not arrived."""
    if len(data) - at < 12:
        return None
    length, kind, flags, _, number = frames.HEADER.unpack_from(data, at)
    if kind != frames.REQUEST_BODY or number != stream or not flags & frames.END_OF_BODY or not 8 <= length <= 8 + frames.BODY_PIECE_MAX:
        raise frames.ProtocolError("a Request must be followed by its whole body")
    return at + 4 + length if at + 4 + length <= len(data) else None
