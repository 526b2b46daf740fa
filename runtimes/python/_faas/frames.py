"""Frames: 12 bytes of header (length u32, type u8, flags u8, reserved u16, stream u32; little-endian) and a payload."""
import functools
import json
import struct

HELLO, SPECIALIZE, SPECIALIZED, LOG, SHUTDOWN = 0x01, 0x10, 0x11, 0x12, 0x13
REQUEST, REQUEST_BODY, CANCEL, TAKE, RECALL = 0x20, 0x21, 0x23, 0x24, 0x25
RESPONSE, RESPONSE_BODY, END, FAILURE, MOVE = 0x30, 0x31, 0x32, 0x33, 0x34
CONTROL_ROLE, DATA_ROLE, SHARED_ROLE = 1, 2, 3
COMPLETED, FAILED, REFUSED = 0, 1, 2

END_OF_BODY = 1
PAYLOAD_MAX = 1 << 20
BODY_PIECE_MAX = 64 * 1024

HEADER = struct.Struct("<IBBHI")
_RESPONSE = struct.Struct("<IBBHIHHqH")
_LOG = struct.Struct("<qB")
_END = struct.Struct("<IBBHIBBHII")
_U16 = struct.Struct("<H")
_PAIR_KEPT_MAX = 256   # functions send the same few headers again and again; these are short


class ProtocolError(Exception):
    """The peer broke the protocol; its connection cannot be used any more."""


def frame(kind, stream, payload=b"", flags=0):
    return HEADER.pack(8 + len(payload), kind, flags, 0, stream) + payload


def json_frame(kind, stream, value):
    return frame(kind, stream, json.dumps(value).encode())


def text16(text):
    data = text.encode("utf-8", "replace")
    return _U16.pack(len(data)) + data


def response(stream, status, content_length, headers):
    """A Response frame; raises ValueError when the head is too large for one."""
    pairs = b"".join([_kept_pair(n, v) if len(v) <= _PAIR_KEPT_MAX else _pair(n, v) for n, v in headers])
    length = 22 + len(pairs)
    if length > 8 + PAYLOAD_MAX:
        raise ValueError("the headers are larger than 1 MiB")
    return _RESPONSE.pack(length, RESPONSE, 0, 0, stream, status, 0, content_length, len(headers)) + pairs


def _pair(name, value):
    return text16(name) + text16(value)


_kept_pair = functools.lru_cache(256)(_pair)


def body(stream, data):
    """Body frames for any amount of bytes, at most 64 KiB each."""
    if len(data) <= BODY_PIECE_MAX:
        yield frame(RESPONSE_BODY, stream, data)
        return
    view = memoryview(data)
    for start in range(0, len(view), BODY_PIECE_MAX):
        yield frame(RESPONSE_BODY, stream, bytes(view[start:start + BODY_PIECE_MAX]))


def end(stream, outcome, used=(0, 0), elapsed=None):
    """The End; used is the CPU time in microseconds and the peak in KiB, elapsed the running time in seconds."""
    run_micros = 0 if elapsed is None else min(max(int(elapsed * 1e6), 1), 0xFFFF)
    return _END.pack(20, END, 0, 0, stream, outcome, 0, run_micros, *used)


def log(unix_ms, channel, invocation_id, text):
    return frame(LOG, 0, _LOG.pack(unix_ms, channel) + text16(invocation_id) + text)


def _text(payload, position):
    start = position + 2
    stop = start + _U16.unpack_from(payload, position)[0]
    if stop > len(payload):
        raise ProtocolError("a string is longer than its frame")
    return payload[start:stop].decode("utf-8", "replace"), stop


def read_hello(payload):
    """(role, token)"""
    if len(payload) < 4 or payload[0] != 1 or payload[1] not in (CONTROL_ROLE, DATA_ROLE, SHARED_ROLE):
        raise ProtocolError("not a Hello of version 1")
    return payload[1], _text(payload, 2)[0]


class FrameReader:
    """Takes bytes from a socket and cuts them into frames. Used by one thread at a time."""

    def __init__(self, sock):
        self.role = None   # as Hello said
        self._socket = sock
        self._buffer = bytearray()

    def fill(self, flags=0):
        """One recv. False when the peer has closed."""
        data = self._socket.recv(256 * 1024, flags)
        self._buffer += data
        return bool(data)

    def rest(self):
        """Takes everything that has arrived."""
        rest, self._buffer = bytes(self._buffer), bytearray()
        return rest

    def peek(self):
        """The type of the next frame, complete or not; None when its header is not there."""
        return self._buffer[4] if len(self._buffer) >= 12 else None

    def take(self):
        """The next complete frame as (type, flags, stream, payload), or None."""
        buffer = self._buffer
        if len(buffer) < 12:
            return None
        length, kind, flags, _, stream = HEADER.unpack_from(buffer)
        if not 8 <= length <= 8 + PAYLOAD_MAX:
            raise ProtocolError("impossible length of a frame")
        if len(buffer) < 4 + length:
            return None
        payload = bytes(buffer[12:4 + length])
        del buffer[:4 + length]
        return kind, flags, stream, payload

    def next(self):
        """Waits for a frame; None when the peer has closed."""
        while True:
            found = self.take()
            if found:
                return found
            if not self.fill():
                return None
