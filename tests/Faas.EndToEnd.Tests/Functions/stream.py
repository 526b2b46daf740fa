"""Streams: the second item comes only when the caller has shown, by a request to the same function, that it has the first one."""
import os
import time

seen = False


def handler(event, context):
    global seen
    if event["rawPath"] == "/seen":
        seen = True
        return "ok"
    return items()


def items():
    global seen
    yield "first\n"
    while not seen:
        time.sleep(0.02)
    seen = False
    yield "second\n"
