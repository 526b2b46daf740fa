"""What the worker is at the moment: stem, being loaded, function; and how it ends."""
import hmac
import json
import os
import threading
import time

from . import failures, frames
from .clocks import Pace
from .connection import DataConnection
from .function import Function, set_environment
from .loading import LoadError, load
from .main_thread import MainThread
from .meter import Meter
from .shared import SharedConnection


class Worker:
    def __init__(self, code, token, output, startup_modules):
        self.function = None
        self.output = output
        self.hub = None
        self.concurrency = 1                # invocations at the same time
        self.pace = Pace()
        self.meter = Meter()
        self.main = MainThread()
        self.moving = {}                    # the shared connections of moved answers that wait for their own, by number
        self.is_draining = False
        self._busy = []                     # one item for each thread that has invocations; append and pop are atomic
        self._code = code
        self._token = token
        self._startup_modules = startup_modules
        self._lock = threading.Lock()       # guards what follows
        self._main_is_busy = True           # at first with the throwaway function
        self._specialized = False
        self._loaded = False
        self._waiting = []                  # what to call for connections that came before the function was loaded

    def run_main(self):
        """The main thread loads the function and serves the first connection: signals and timers work there as on Lambda."""
        self._main_is_busy = False
        self.main.run()

    def is_token(self, token):
        return hmac.compare_digest(token.encode(), self._token.encode())

    def control(self, kind, payload):
        """A frame of the control connection; called by the hub."""
        if kind == frames.SPECIALIZE:
            message = json.loads(payload)
            if self._specialized:
                self.hub.control.answer({"ok": False, "error": "AlreadySpecialized", "message": "this instance has its function already", "trace": []})
                return
            self._specialized = self._main_is_busy = True
            self.main.post(lambda: self._specialize(message))
        elif kind == frames.SHUTDOWN:
            grace_ms = json.loads(payload).get("graceMs", 0)
            self.hub.exit_by(time.monotonic() + grace_ms / 1000)
            self.drain()
        else:
            raise frames.ProtocolError("unexpected frame %#x on a control connection" % kind)

    def serve_shared(self, sock, reader):
        """Gives a shared connection its first thread; called by the hub."""
        self._when_loaded(lambda: self.assign(SharedConnection(sock, reader, self)))

    def serve(self, sock, reader):
        """Gives a data connection a thread; called by the hub."""
        self._when_loaded(lambda: self.assign_data(DataConnection(sock, reader, self)))

    def take(self, stream, sock, reader):
        """A data connection came for the answer of this number; called by the hub."""
        connection = DataConnection(sock, reader, self)
        shared = self.moving.pop(stream, None)
        if shared is None or not shared.take(stream, connection):
            connection.close()

    def call(self, job):
        """Runs the job where handlers may run: here, unless all of them must run in the main thread."""
        return job() if self.concurrency > 1 or self.main.is_here() else self.main.call(job)

    def assign(self, connection):
        """Gives it the main thread if that is free."""
        with self._lock:
            is_main_free, self._main_is_busy = not self._main_is_busy, True
        if is_main_free:
            self.main.post(lambda: self._serve_in_main(connection))
        else:
            self._start(connection)

    def assign_data(self, connection):
        """When all handlers run in the main thread it must wait for all connections, so it is kept for shared ones, which are busier."""
        if self.concurrency > 1:
            self.assign(connection)
        else:
            self._start(connection)

    # A thread says first that it is busy and then looks whether the worker drains; drain() says first that it drains and then looks whether a thread is
    # busy. So at least one of the two sees the other.

    def enter(self):
        """Before invocations. False: no new ones are taken."""
        self._busy.append(None)
        if self.is_draining:
            self.leave()
            return False
        return True

    def leave(self):
        self._busy.pop()
        if self._busy:
            return
        if self.is_draining:
            self.hub.exit(0)
        elif self.hub.is_ticking:
            self.hub.stop_ticking()
            if self._busy:   # who became so before it stopped may have relied on it
                self.hub.start_ticking()

    def drain(self):
        """Takes no new invocation, and ends when the last one has ended."""
        self.is_draining = True
        self.hub.give_back()
        if not self._busy:
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
            self.concurrency = max(1, message.get("concurrency") or 1)
            os.chdir(self._code)
            set_environment(message, self._code)
            self.function = Function(load(message.get("handler"), self._code, self._startup_modules), self._code, message)
            answer = {"ok": True, "initMs": round((time.perf_counter() - started) * 1000, 3), "trace": []}
        except LoadError as e:
            answer = {"ok": False, "error": e.error, "message": str(e), "trace": e.trace}
        except Exception as e:   # for example a code directory that is not there
            answer = {"ok": False, "error": "LoadFailed", "message": "%s: %s" % failures.describe(e), "trace": []}
        self.output.end_lines()
        self.hub.control.answer(answer)
        with self._lock:
            self._loaded, self._main_is_busy = True, False
            waiting, self._waiting = self._waiting, []
        for begin in waiting:
            begin()

    def _when_loaded(self, begin):
        with self._lock:
            if not self._loaded:
                self._waiting.append(begin)
                return
        begin()

    def _start(self, connection):
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
