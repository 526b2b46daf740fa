"""Tells the recorder outside the platform of each run, in the middle of 0 to 20 ms, so that a kill hits it before or after. Only what was recorded is done."""
import os
import random
import socket
import time

HOST, PORT = os.environ["RECORDER"].split(":")
_lines = None


def handler(event, context):
    pause = random.random() * 0.02
    time.sleep(pause * 0.5)
    for token in tokens(event):
        record("%s %s %s" % (token, attempt(event), context.aws_request_id))
    time.sleep(pause * 0.5)
    return "done"


def tokens(event):
    """What was sent: the body of a request, or the data of the CloudEvents that a trigger has made of messages, one or several."""
    if isinstance(event, list):
        return [one["data"] for one in event]
    return [event["data"] if "specversion" in event else event["body"]]


def attempt(event):
    """A request says which one it is; of events only the platform knows: 0."""
    return event["headers"]["x-faas-attempt"] if isinstance(event, dict) and "headers" in event else "0"


def record(line):
    """One connection for each instance, which runs one event at a time. What fails fails the attempt: nobody knows whether the line has arrived."""
    global _lines
    lines, _lines = _lines, None
    if lines is None:
        lines = socket.create_connection((HOST, int(PORT)), timeout=20).makefile("rw", encoding="ascii", newline="\n")
    lines.write(line + "\n")
    lines.flush()
    if lines.readline() != "ok\n":
        raise OSError("the recorder went away")
    _lines = lines
