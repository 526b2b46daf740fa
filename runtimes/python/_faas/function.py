"""What a stem became: the function's handler and what its context objects repeat."""
import asyncio
import os
import threading
import time


class Function:
    def __init__(self, handler, code, message):
        self.handler = handler
        self.code = code
        self.name = message["function"]
        self.revision = message["revision"]
        self.instance = message["instance"]
        self.memory_mib = message["memoryMiB"]
        self.arn = "arn:faas:lambda:local:anonymous:function:" + self.name
        self.log_group = "/faas/" + self.name


def set_environment(message, code):
    """The function's own variables, and on top of them those that unmodified Lambda handlers read."""
    names = {
        "AWS_LAMBDA_FUNCTION_NAME": message["function"],
        "AWS_LAMBDA_FUNCTION_VERSION": message["revision"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(message["memoryMiB"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": "/faas/" + message["function"],
        "AWS_LAMBDA_LOG_STREAM_NAME": message["instance"],
        "LAMBDA_TASK_ROOT": code,
        "_HANDLER": message.get("handler") or "",
        "FAAS_FUNCTION": message["function"],
        "FAAS_REVISION": message["revision"],
        "FAAS_INSTANCE": message["instance"],
    }
    for name, value in (message.get("env") or {}).items():
        os.environ[name] = value
    os.environ.update(names)
    if "TZ" in os.environ:
        time.tzset()


_threads = threading.local()


def event_loop():
    """The calling thread's own event loop, kept from one invocation to the next so that clients made on it stay usable."""
    loop = getattr(_threads, "loop", None)
    if loop is None or loop.is_closed():
        loop = _threads.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    return loop
