"""Requests to events: AWS Lambda's function-URL event, payload version 2.0."""
import base64
import json
import time
from urllib.parse import unquote

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEXT_TYPES = frozenset((
    "application/json", "application/xml", "application/javascript", "application/ecmascript", "application/x-javascript",
    "application/x-www-form-urlencoded"))


class BadEvent(Exception):
    """The body of an event is not what an event must be."""


def raw_event(body):
    """kind 1: the body is the event. No body is None."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as e:
        raise BadEvent("the event is not JSON: %s" % e) from None


def http_event(request, body, function):
    headers = request.headers
    host = headers.get("host", "")
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": function,
            "domainName": host,
            "domainPrefix": host,
            "requestId": request.id,
            "routeKey": "$default",
            "stage": "$default",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.remote,
                "userAgent": headers.get("user-agent", ""),
            },
            "time": _clf_time(request.received_ms),
            "timeEpoch": request.received_ms,
        },
        "isBase64Encoded": False,
    }
    if request.cookies:
        event["cookies"] = request.cookies
    if request.query:
        event["queryStringParameters"] = _query(request.query)
    if body:
        text = _text(body, headers.get("content-type", ""))
        event["isBase64Encoded"] = text is None
        event["body"] = base64.b64encode(body).decode("ascii") if text is None else text
    return event


def _query(query):
    parameters = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            if "%" in part or "+" in part:
                name, value = unquote(name.replace("+", " ")), unquote(value.replace("+", " "))
            parameters[name] = parameters[name] + "," + value if name in parameters else value
    return parameters


def _text(body, content_type):
    """The body as text, or None when it has to be base64."""
    media = content_type.partition(";")[0].strip().lower()
    if not (media in _TEXT_TYPES or media.startswith("text/") or media.endswith(("+json", "+xml"))):
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


_last_second = (None, "")


def _clf_time(unix_ms):
    global _last_second
    second = unix_ms // 1000
    known, text = _last_second   # both at once: another thread may replace it
    if known != second:
        t = time.gmtime(second)
        text = "%02d/%s/%04d:%02d:%02d:%02d +0000" % (t.tm_mday, _MONTHS[t.tm_mon - 1], t.tm_year, t.tm_hour, t.tm_min, t.tm_sec)
        _last_second = second, text
    return text
