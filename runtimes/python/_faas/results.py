"""Results to answers, by Lambda's inference rules."""
import base64
import binascii
import decimal
import functools
import json
import re

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}").fullmatch
_VALUE = re.compile(r"[\t\x20-\x7e]*").fullmatch
_HOP_BY_HOP = frozenset(("content-length", "transfer-encoding", "connection"))

JSON_TYPE = ("content-type", "application/json")
TEXT_TYPE = ("content-type", "text/plain; charset=utf-8")
JSON_HEADERS = (JSON_TYPE,)


class InvalidResult(Exception):
    """No answer can be made of what the function returned."""


def _default(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError("an object of type %s cannot be JSON" % type(value).__name__)


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default).encode


def _quick_encoder():
    """What _encode makes anew at each call, kept; without its search for circles, which the limit of recursion finds too."""
    try:
        encode = json.encoder.c_make_encoder(None, _default, json.encoder.encode_basestring, None, ":", ",", False, False, False)
        return encode if "".join(encode({"a": [1, "b"]}, 0)) == '{"a":[1,"b"]}' else None
    except (TypeError, AttributeError):
        return None   # an interpreter that has it otherwise or not at all


_quick = _quick_encoder()


def to_json(value):
    try:
        if _quick is not None:
            try:
                return "".join(_quick(value, 0)).encode("utf-8")
            except (TypeError, ValueError, RecursionError):
                pass   # the full encoder says best what is wrong
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
        return 200, JSON_HEADERS, _utf8(value)
    return 200, JSON_HEADERS, to_json(value)


def is_head(value):
    return isinstance(value, dict) and "statusCode" in value


def from_response(value, default_type):
    """(status, headers, body) of an object with statusCode."""
    headers = _headers(value.get("headers"))
    for cookie in _cookies(value.get("cookies")):
        headers.append(("set-cookie", _checked("set-cookie", cookie)))
    for name, _ in headers:
        if name == "content-type":
            break
    else:
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
        if type(name) is str and type(value) is str and len(name) + len(value) <= _KEPT_MAX:
            pairs += _kept_pairs(name, value)
        else:
            pairs += _pairs(name, value)
    return pairs


def _pairs(name, value):
    if not isinstance(name, str) or not _NAME(name):
        raise InvalidResult("%.100r is not a valid header name" % (name,))
    name = name.lower()
    if name in _HOP_BY_HOP or value is None:
        return ()
    return tuple((name, _checked(name, v)) for v in (value if isinstance(value, (list, tuple)) else (value,)))


# Functions send the same few headers again and again.
_KEPT_MAX = 256
_kept_pairs = functools.lru_cache(256)(_pairs)


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
