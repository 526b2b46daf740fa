"""A program that serves HTTP on $PORT. Any language and framework will do; see `command:` in faas.yaml."""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer({"message": "Hello, world!", "path": self.path})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            name = json.loads(body or b"{}").get("name", "world")
        except (ValueError, AttributeError):
            name = "world"
        self.answer({"message": f"Hello, {name}!"})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
