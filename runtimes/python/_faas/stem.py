"""The start: listen, run a throwaway function, say ready, then wait for what the controller sends."""
import gc
import os
import signal
import socket
import sys
import threading

from . import cancelling, warmup
from .hub import Hub
from .instance import Worker
from .logs import Output


def run(startup_modules):
    directory, code, token = os.environ["FAAS_DIR"], os.environ["FAAS_CODE"], os.environ.pop("FAAS_TOKEN")
    listener = _listen(os.path.join(directory, "worker.sock"))
    output = Output()
    worker = Worker(os.path.abspath(code), token, output, startup_modules)
    worker.hub = Hub(listener, output.lines, worker)
    _take_signals(worker)
    output.install()
    worker.hub.start()
    worker.hub.take_exits()
    warmup.run(worker, startup_modules)
    gc.collect()
    gc.freeze()   # what a stem has loaded is never garbage; collections of the function's objects need not look at it
    _say_ready(os.path.join(directory, "ready.sock"), token)
    worker.run_main()


def _listen(path):
    os.umask(0)
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    listener.bind(path)
    listener.listen(128)
    os.umask(0o022)
    return listener


def _take_signals(worker):
    # Children that a function starts must not inherit an ignored SIGINT, hence a handler that does nothing instead of SIG_IGN. As process 1
    # a worker does not reap orphans of the function's own children: waiting for any child would take their exit codes from subprocess.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    # The handler may run between any two instructions of the main thread, with any lock held, so another thread does the work.
    signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=worker.drain, daemon=True).start())
    cancelling.prepare()


def _say_ready(path, token):
    dialled = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        dialled.connect(path)
    except OSError as e:
        sys.__stderr__.write("faas worker: nobody listens on ready.sock: %s\n" % e)
        os._exit(1)
    try:
        dialled.sendall(token.encode() + b"\n")
    except OSError:
        pass   # whoever listened is gone; another may still connect to worker.sock
    dialled.close()
