"""Requests: the head of an invocation, and its headers as a function sees them."""
import struct
from collections import namedtuple

from .frames import ProtocolError

FIXED = struct.Struct("<BBHIqq")

# The gateway's last header repeats the invocation's number, so that everything before it is often the same from one request to the next.
_CALL_ID = b"\x09\0x-call-id"
_KEPT_MAX = 64
_KEPT_BYTES_MAX = 2048
_kept = {}   # header blocks without the call id, and what they say

Request = namedtuple("Request", "kind https timeout_ms content_length received_ms id method path query remote headers cookies")
_make = tuple.__new__   # a namedtuple's own constructor is a Python function


def read_request(data, at, stop):
    """The Request whose payload is data[at:stop]. Repeated headers are joined with a comma, cookies are taken out of them."""
    try:
        return _read(data, at, stop, "strict")
    except UnicodeDecodeError:
        return _read(data, at, stop, "replace")


def _read(data, at, stop, errors):
    try:
        kind, scheme, _, timeout_ms, content_length, received_ms = FIXED.unpack_from(data, at)
        at, texts = at + 24, []
        for _ in range(5):
            start = at + 2
            at = start + (data[at] | data[at + 1] << 8)
            texts.append(str(data[start:at], "utf-8", errors))
        headers, cookies = _headers(data, at, stop, texts[0], errors)
    except (struct.error, IndexError) as e:
        raise ProtocolError("a Request ended too early") from e
    if kind > 1:
        raise ProtocolError("unknown kind of Request")
    return _make(Request, (kind, scheme == 1, timeout_ms, content_length, received_ms, *texts, headers, cookies))


def _headers(data, at, stop, call_id, errors):
    last = stop - len(call_id) - 13
    if last <= at or not data.startswith(_CALL_ID, last):
        return _read_headers(data, at, stop, data[at] | data[at + 1] << 8, errors)
    block = data[at:last]
    found = _kept.get(block)
    if found is None:
        found = _read_headers(data, at, last, (data[at] | data[at + 1] << 8) - 1, errors)
        if len(block) <= _KEPT_BYTES_MAX and errors == "strict":
            if len(_kept) >= _KEPT_MAX:
                _kept.clear()
            _kept[block] = found
    headers = found[0].copy()
    value = str(data[last + 13:stop], "utf-8", errors)
    headers["x-call-id"] = headers["x-call-id"] + "," + value if "x-call-id" in headers else value
    return headers, found[1].copy()


def _read_headers(data, at, stop, count, errors):
    """The pairs after the count at data[at:at + 2], which must end at stop."""
    at += 2
    headers, cookies = {}, []
    for _ in range(count):
        start = at + 2
        at = start + (data[at] | data[at + 1] << 8)
        name = str(data[start:at], "utf-8", errors)
        start = at + 2
        at = start + (data[at] | data[at + 1] << 8)
        value = str(data[start:at], "utf-8", errors)
        if name == "cookie":
            cookies += [c for c in map(str.strip, value.split(";")) if c]
        elif name in headers:
            headers[name] += "," + value
        else:
            headers[name] = value
    if at > stop:
        raise ProtocolError("a string is longer than its frame")
    return headers, cookies
