"""What a Python hello costs on uvicorn, which most Python services run on: an ASGI application, without a framework, that does what functions/hello.py does."""
import json


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    answer = json.dumps({"message": "Hello, " + json.loads(body or "{}").get("name", "world")}).encode()
    await send({
        "type": "http.response.start", "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]})
    await send({"type": "http.response.body", "body": answer})
