"""Runs a throwaway function through the whole path, so that nothing is imported or set up when the first real one comes."""
import importlib
import os
import shutil
import socket
import sys
import tempfile
import threading

from . import frames, heads
from .clocks import Pace
from .function import Function
from .loading import load
from .shared import SharedConnection

# Imported because functions import them: the first import of each costs up to milliseconds. A slim interpreter may lack some.
_USUAL = """argparse asyncio base64 collections concurrent.futures contextvars copy csv dataclasses datetime decimal email.message enum functools
glob gzip hashlib hmac html http.client io itertools json logging math mimetypes operator pathlib random re secrets sqlite3 ssl statistics string
subprocess textwrap time traceback types typing unicodedata urllib.error urllib.parse urllib.request uuid xml.etree.ElementTree zipfile zlib""".split()

_SOURCE = '''
import base64, hashlib, json, logging, re, datetime

def handler(event, context):
    if event is None:
        raise ValueError("throwaway")
    print("throwaway")
    logging.getLogger().info("throwaway")
    value = json.loads(event["body"])
    digest = base64.b64encode(hashlib.sha256(json.dumps(value).encode()).digest()).decode()
    if value["stream"]:
        return (piece for piece in [{"statusCode": 200}, digest, {"a": 1}])
    return {"statusCode": 201, "headers": {"x-a": "b"}, "body": json.dumps({"digest": digest, "at": datetime.datetime.now().isoformat()})}

async def later(event, context):
    return event
'''
_MODULE = "faas_throwaway_module"
_REQUESTS = {"handler": ((0, b'{"stream":false}'), (0, b'{"stream":true}'), (1, b"")), "later": ((1, b"{}"),)}   # (kind, body)
_MESSAGE = {"function": "throwaway", "revision": "0", "instance": "0", "memoryMiB": 0}


def run(worker, startup_modules):
    for name in _USUAL:
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    try:
        folder = tempfile.mkdtemp()
    except OSError:
        return   # nothing is writable here; the first function will be slower, and that is all
    path, cached = list(sys.path), set(sys.path_importer_cache)
    try:
        with open(os.path.join(folder, _MODULE + ".py"), "w") as source:
            source.write(_SOURCE)
        for name, requests in _REQUESTS.items():
            worker.function = Function(load(_MODULE + "." + name, folder, startup_modules), folder, _MESSAGE)
            _exchange(worker, requests)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        worker.function, worker.pace = None, Pace()
        sys.path[:] = path
        sys.modules.pop(_MODULE, None)
        for entry in set(sys.path_importer_cache) - cached:
            del sys.path_importer_cache[entry]
        worker.output.lines.clear()


def _exchange(worker, requests):
    """Small invocations come over a shared connection; one answer is moved to a data connection, and over that one more comes."""
    ours, theirs = socket.socketpair()
    caller = threading.Thread(target=_call, args=(worker, ours, requests))
    caller.start()
    SharedConnection(theirs, frames.FrameReader(theirs), worker).serve()
    caller.join()


def _call(worker, sock, requests):
    with sock:
        reader = frames.FrameReader(sock)
        for number, (kind, body) in enumerate(requests):
            sock.sendall(_request(number, kind, body))
            if _last_frame(reader) == frames.MOVE:
                _take(worker, number)


def _take(worker, number):
    ours, theirs = socket.socketpair()
    with ours:
        reader = frames.FrameReader(ours)
        worker.take(number, theirs, frames.FrameReader(theirs))
        _last_frame(reader)
        ours.sendall(_request(number + 1000, 0, b'{"stream":false}'))
        _last_frame(reader)


def _last_frame(reader):
    kind = None
    while kind not in (frames.END, frames.MOVE):
        kind = reader.next()[0]
    return kind


def _request(number, kind, body):
    head = heads.FIXED.pack(kind, 0, 0, 1000, len(body), 0)
    texts = b"".join(map(frames.text16, ("throwaway", "POST", "/a", "b=c", "127.0.0.1")))
    headers = b"\2\0" + b"".join(map(frames.text16, ("content-type", "application/json", "x-call-id", "throwaway")))
    if not body:
        return frames.frame(frames.REQUEST, number, head + texts + headers, frames.END_OF_BODY)
    return frames.frame(frames.REQUEST, number, head + texts + headers) + frames.frame(frames.REQUEST_BODY, number, body, frames.END_OF_BODY)
