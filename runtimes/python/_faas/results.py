"""Results to answers, by Lambda's inference rules."""
import base64
import binascii
import decimal
import json
import re

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}").fullmatch
_VALUE = re.compile(r"[\t\x20-\x7e]*").fullmatch
_HOP_BY_HOP = frozenset(("content-length", "transfer-encoding", "connection"))

JSON_TYPE = ("content-type", "application/json")
TEXT_TYPE = ("content-type", "text/plain; charset=utf-8")


class InvalidResult(Exception):
    """No answer can be made of what the function returned."""


def _default(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError("an object of type %s cannot be JSON" % type(value).__name__)


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default).encode


def to_json(value):
    try:
        return _encode(value).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, default=_default).encode("ascii")   # half a surrogate pair: only an escape can carry it
    except (TypeError, ValueError, RecursionError) as e:
        raise InvalidResult("the result cannot be JSON: %s" % e) from None


def infer(value):
    """(status, headers, body) of what a handler returned for an HTTP request."""
    if is_head(value):
        return from_response(value, JSON_TYPE)
    if isinstance(value, str):
        return 200, [JSON_TYPE], _utf8(value)
    return 200, [JSON_TYPE], to_json(value)


def is_head(value):
    return isinstance(value, dict) and "statusCode" in value


def from_response(value, default_type):
    """(status, headers, body) of an object with statusCode."""
    headers = _headers(value.get("headers"))
    for cookie in _cookies(value.get("cookies")):
        headers.append(("set-cookie", _checked("set-cookie", cookie)))
    if not any(name == "content-type" for name, _ in headers):
        headers.append(default_type)
    return _status(value["statusCode"]), headers, _body(value)


def piece(item):
    """Bytes of one item of a stream."""
    if isinstance(item, str):
        return _utf8(item)
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    return to_json(item) + b"\n"


def _status(status):
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise InvalidResult("statusCode must be a number from 200 to 599, and was %.100r" % (status,))
    return int(status)


def _headers(headers):
    if headers is None:
        return []
    if not isinstance(headers, dict):
        raise InvalidResult("headers must be an object, and was of type %s" % type(headers).__name__)
    pairs = []
    for name, value in headers.items():
        if not isinstance(name, str) or not _NAME(name):
            raise InvalidResult("%.100r is not a valid header name" % (name,))
        lower = name.lower()
        if lower not in _HOP_BY_HOP and value is not None:
            pairs += [(lower, _checked(lower, v)) for v in (value if isinstance(value, (list, tuple)) else (value,))]
    return pairs


def _checked(name, value):
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, (int, float)):
        value = str(value)
    if not isinstance(value, str) or not _VALUE(value):
        raise InvalidResult("the value of header %s must be printable ASCII without line breaks, and was %.100r" % (name, value))
    if len(value) > 65535:
        raise InvalidResult("the value of header %s is longer than 65,535 bytes" % name)
    return value


def _cookies(cookies):
    if cookies is None:
        return ()
    if not isinstance(cookies, (list, tuple)):
        raise InvalidResult("cookies must be a list of strings, and was of type %s" % type(cookies).__name__)
    return cookies


def _body(value):
    body = value.get("body")
    if body is None:
        return b""
    if value.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError, TypeError) as e:
            raise InvalidResult("isBase64Encoded is true, but the body is not base64: %s" % e) from None
    if isinstance(body, str):
        return _utf8(body)
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    return to_json(body)


def _utf8(text):
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as e:
        raise InvalidResult("the text is not valid Unicode: %s" % e) from None
