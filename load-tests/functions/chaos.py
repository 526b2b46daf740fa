"""Tells the recorder outside the platform of each run, in the middle of 0 to 20 ms, so that a kill hits it before or after. Only what was recorded is done."""
import json
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
        record("%s %s %s" % (token, event["headers"]["x-faas-attempt"], context.aws_request_id))
    time.sleep(pause * 0.5)
    return "done"


def tokens(event):
    """What was sent: the body, or the data of the CloudEvents that a trigger made of it."""
    body, kind = event["body"], event["headers"].get("content-type", "")
    if kind.startswith("application/cloudevents-batch"):
        return [one["data"] for one in json.loads(body)]
    if kind.startswith("application/cloudevents"):
        return [json.loads(body)["data"]]
    return [body]


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
