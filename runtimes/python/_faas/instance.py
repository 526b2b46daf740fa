"""What the worker is at the moment: stem, being loaded, function; and how it ends."""
import hmac
import json
import os
import queue
import threading
import time

from . import failures, frames
from .connection import DataConnection
from .function import Function, set_environment
from .loading import LoadError, load


class Worker:
    def __init__(self, code, token, output, startup_modules):
        self.function = None
        self.output = output
        self.hub = None
        self._code = code
        self._token = token
        self._startup_modules = startup_modules
        self._jobs = queue.SimpleQueue()    # of the main thread
        self._lock = threading.Lock()       # guards what follows
        self._main_is_busy = False
        self._specialized = False
        self._loaded = False
        self._waiting = []                  # data connections that came before the function was loaded
        self._running = 0
        self._draining = False

    def run_main(self):
        """The main thread loads the function and serves the first data connection: signals and timers work there as on Lambda."""
        while True:
            self._jobs.get()()

    def is_token(self, token):
        return hmac.compare_digest(token.encode(), self._token.encode())

    def control(self, kind, payload):
        """A frame of the control connection; called by the hub."""
        if kind == frames.SPECIALIZE:
            message = json.loads(payload)
            if self._specialized:
                self.hub.answer({"ok": False, "error": "AlreadySpecialized", "message": "this instance has its function already", "trace": []})
                return
            self._specialized = self._main_is_busy = True
            self._jobs.put(lambda: self._specialize(message))
        elif kind == frames.SHUTDOWN:
            grace_ms = json.loads(payload).get("graceMs", 0)
            self.hub.exit_by(time.monotonic() + grace_ms / 1000)
            self.drain()
        else:
            raise frames.ProtocolError("unexpected frame %#x on a control connection" % kind)

    def serve(self, sock, reader):
        """Gives a data connection to a thread; called by the hub."""
        connection = DataConnection(sock, reader, self)
        with self._lock:
            if not self._loaded:
                self._waiting.append(connection)
                return
        self._assign(connection)

    def enter(self):
        """Before an invocation. False: no new ones are taken."""
        with self._lock:
            self._running += not self._draining
            return not self._draining

    def leave(self):
        with self._lock:
            self._running -= 1
            over = self._draining and self._running == 0
        if over:
            self.hub.exit(0)

    def drain(self):
        """Takes no new invocation, and ends when the last one has ended."""
        with self._lock:
            self._draining = True
            over = self._running == 0
        if over:
            self.hub.exit(0)

    def exit_for(self, system_exit, owner):
        """sys.exit() in a handler ends the process, as it would anywhere else. Does not return."""
        code = system_exit.code
        if code is not None and not isinstance(code, int):
            self.output.error(str(code), owner)
            code = 1
        self.output.error("the function ended the process with sys.exit(%r)" % (system_exit.code,), owner)
        self.output.end_lines(owner)
        self.hub.end_process((code or 0) & 0xFF)

    def _specialize(self, message):
        started = time.perf_counter()
        try:
            if message.get("kind") != "handler":
                raise LoadError("LoadFailed", "functions of kind '%s' are served by the dotnet stem, not by a Python worker" % message.get("kind"))
            os.chdir(self._code)
            set_environment(message, self._code)
            self.function = Function(load(message.get("handler"), self._code, self._startup_modules), self._code, message)
            answer = {"ok": True, "initMs": round((time.perf_counter() - started) * 1000, 3), "trace": []}
        except LoadError as e:
            answer = {"ok": False, "error": e.error, "message": str(e), "trace": e.trace}
        except Exception as e:   # for example a code directory that is not there
            answer = {"ok": False, "error": "LoadFailed", "message": "%s: %s" % failures.describe(e), "trace": []}
        self.output.end_lines()
        self.hub.answer(answer)
        with self._lock:
            self._loaded, self._main_is_busy = True, False
            waiting, self._waiting = self._waiting, []
        for connection in waiting:
            self._assign(connection)

    def _assign(self, connection):
        with self._lock:
            is_main_free, self._main_is_busy = not self._main_is_busy, True
        if is_main_free:
            self._jobs.put(lambda: self._serve_in_main(connection))
            return
        try:
            threading.Thread(target=connection.serve, name="faas-invocations", daemon=True).start()
        except RuntimeError:
            # The function has used up its threads or memory. The gateway must see a closed connection rather than silence.
            self.output.error("a connection was refused: no thread could be started")
            connection.close()

    def _serve_in_main(self, connection):
        try:
            connection.serve()
        finally:
            with self._lock:
                self._main_is_busy = False
