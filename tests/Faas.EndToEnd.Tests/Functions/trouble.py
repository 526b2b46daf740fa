"""Everything that a function can do wrong, by path. Each kind is bounded, so that a missing limit fails a test and not the machine."""
import os
import sys
import time


def handler(event, context):
    kind = event["rawPath"].strip("/")
    return globals()["do_" + kind.replace("-", "_")](event)


def do_ok(event):
    return {"instance": os.environ["FAAS_INSTANCE"]}


def do_throw(event):
    raise ValueError("on purpose")


def do_not_json(event):
    return object()


def do_exit(event):
    os._exit(7)


def do_memory(event):
    hoard = [b"x" * (8 << 20) for _ in range(256)]   # 2 GiB
    return {"bytes": sum(map(len, hoard))}


def do_fork(event):
    children = 0
    for _ in range(3000):
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        children += 1
    return {"children": children}


def do_disk(event):
    written = 0
    with open("/tmp/filler", "wb") as file:
        for _ in range(2048):   # 2 GiB
            written += file.write(b"x" * (1 << 20))
    return {"written": written}


def do_loop(event):
    while True:
        pass


def do_stubborn(event):
    while True:
        try:
            time.sleep(0.05)
        except BaseException:
            pass


def do_flood(event):
    for number in range(100_000):
        print(f"{number:06} " + "x" * 100)
    print("the last line", file=sys.stderr)
    return {"lines": 100_000}


def do_slow(event):
    deadline = time.monotonic() + float(event["queryStringParameters"]["seconds"])
    while time.monotonic() < deadline:
        time.sleep(0.02)
    return {"instance": os.environ["FAAS_INSTANCE"], "version": os.environ.get("VERSION", "")}
