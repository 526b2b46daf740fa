"""A status page with nothing but Python's own http.server: what the instance runs on, as HTML for people and JSON for programs.

    curl localhost:8080/function/status-page/
    curl localhost:8080/function/status-page/status.json
"""
import html
import json
import os
import platform
import resource
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STARTED = time.monotonic()


class StatusPage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/":
            rows = "".join(f"<tr><th>{html.escape(k)}<td>{html.escape(str(v))}" for k, v in status().items())
            self.answer(200, "text/html; charset=utf-8", f"<!doctype html><title>Status</title><table>{rows}</table>\n")
        elif path == "/status.json":
            self.answer(200, "application/json", json.dumps(status()))
        else:
            self.answer(404, "text/plain", "no such page\n")

    do_HEAD = do_GET

    def answer(self, code, content_type, text):
        body = text.encode()
        self.send_response(code)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args):
        print(format % args, flush=True)


def status():
    return {
        "function": os.environ.get("FAAS_FUNCTION", ""),
        "python": platform.python_version(),
        "upSeconds": round(time.monotonic() - STARTED, 1),
        "peakMemoryKiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), StatusPage).serve_forever()
