"""What a Python hello costs without a platform: an asyncio protocol, which does what functions/hello.py does.

    python3 hello.py PORT|SOCKET

The standard library's http.server takes several times as long for each request. This parses no more of a request than it must.
"""
import asyncio
import json
import sys


class Hello(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.received = b""

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            length = content_length(self.received[:end]) if self.received.startswith(b"POST") else 0
            if len(self.received) < end + 4 + length:
                return
            body = self.received[end + 4:end + 4 + length]
            self.received = self.received[end + 4 + length:]
            answer = json.dumps({"message": "Hello, " + json.loads(body or "{}").get("name", "world")}).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(answer), answer))


def content_length(head):
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def main():
    loop, where = asyncio.get_running_loop(), sys.argv[1]
    server = await (loop.create_server(Hello, "127.0.0.1", int(where), backlog=4096) if where.isdigit() else loop.create_unix_server(Hello, where, backlog=4096))
    await server.serve_forever()


asyncio.run(main())
