"""
A shared connection: many small invocations at a time. Handlers may block, so threads take turns at reading; see crew.py.

There are as many threads as invocations may be under way, each runs one at a time, and sends its End before it is free for the next one. Only the leader goes on while
answers are gathered: as long as those and what the others run leave room for one more. So what is more than that waits, in the order in which it came.
"""
import queue
import socket

from . import frames
from .cancelling import InvocationCancelled
from .clocks import TICK
from .crew import Crew, Member
from .heads import read_request
from .inbox import Inbox
from .invocation import Invocation
from .outbox import Outbox

_GATHER_MAX = 0.001   # seconds for which answers may wait for others


class SharedConnection:
    def __init__(self, sock, reader, worker):
        sock.setblocking(True)
        self._socket = sock
        self._worker = worker
        self._pace = worker.pace
        self._crew = Crew(worker.concurrency, self._work)
        self._first = reader.rest()
        self._in = Inbox(sock, lambda stream: Invocation(worker, self, stream), self._refuse)
        self._out = Outbox(sock)
        self._poll = worker.main.poll_with(sock) if worker.concurrency == 1 else None   # the main thread waits for other things too
        self._is_watched = False   # by the hub, in place of a leader; guarded by the crew's lock

    def fileno(self):
        return self._socket.fileno()

    def serve(self):
        """Until the peer closes. The calling thread is the first of the crew."""
        self._worker.hub.add(self)
        try:
            self._in.add(self._first)
        except frames.ProtocolError:
            self.close()
        self._work(Member())

    def close(self):
        self._crew.close()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)   # so that whoever reads or sends comes back
        except OSError:
            pass
        self._in.cancel_all(2)

    def flush_some(self):
        self._out.flush_some()

    def give_back(self):
        """Whatever has not begun never will: no new invocation is taken."""
        self._in.give_back()

    def take(self, stream, connection):
        """Gives a moved answer the connection that has come for it. False: nothing of this number waits for one."""
        invocation = self._in.running.pop(stream, None)
        if invocation is not None:
            invocation.arrivals.put(connection)
        return invocation is not None

    # What an invocation needs of its connection.

    def read_body(self, invocation):
        return invocation.body

    def way_for_long(self, invocation):
        if invocation.gate.cancelled is not None:
            raise InvocationCancelled()
        invocation.arrivals = queue.SimpleQueue()
        moving = self._worker.moving
        moving[invocation.stream] = self
        try:
            self._out.add(frames.frame(frames.MOVE, invocation.stream))
            self._out.flush()
            if invocation.member.come_out() and not self._crew.pass_on(None):
                self._start_watching()
            connection = invocation.gate.wait(invocation.arrivals)
        finally:
            moving.pop(invocation.stream, None)
        connection.adopt(invocation)
        return connection

    # In the threads of the crew.

    def _work(self, me):
        try:
            while self._crew.lead(me):
                self._stop_watching()
                self._out.flush()
                self._start_gathering(me)
                while self._take_next(me):
                    pass
        except (frames.ProtocolError, OSError):
            pass
        finally:
            self.close()
            self._leave(me)
            if self._crew.quit():
                self._worker.hub.remove(self)
                self._socket.close()

    def _take_next(self, me):
        """The leader's: runs the next invocation, or reads when there is none. Whether this thread still leads."""
        if not self._in.ready:
            self._out.flush()
            self._leave(me)
            if self._poll and self._worker.main.is_here():
                self._worker.main.wait_for(self._poll)
            if not self._in.read():
                raise OSError("closed")
            self._start_gathering(me)
            return True
        if not me.is_busy:
            me.is_busy = self._worker.enter()
        if self._worker.is_draining:
            self._in.give_back()
            return True
        if me.gathered >= me.gathers_max:
            self._out.flush()
            me.gathered = 0
        pace = self._pace
        if pace.is_slow and self._poll:
            self._look_for_recalls()
        try:
            invocation = self._in.ready.popleft()
        except IndexError:   # given back in this moment
            return True
        if pace.is_slow or not pace.is_known and self._in.ready:
            self._out.flush()
            if self._crew.pass_on(me):
                me.watch.start()
                self._run(me, invocation)
                self._out.flush()
                self._leave(me)
                return False
        me.inside.append(invocation)
        hub = self._worker.hub
        if not hub.is_ticking:
            hub.start_ticking()
        self._run(me, invocation)
        if not me.come_out():
            self._out.flush()
            self._leave(me)
            return False
        me.gathered += 1
        if me.watch.started - me.gathers_since > _GATHER_MAX:
            self._out.flush()
            me.gathers_since, me.gathered = me.watch.started, 0
        return True

    def _start_gathering(self, me):
        me.watch.start()
        me.gathers_since, me.gathered, me.gathers_max = me.watch.started, 0, self._crew.room()

    def _run(self, me, invocation):
        invocation.member = me
        meter = self._worker.meter
        metered = meter.begin(self._pace.is_brief)
        try:
            invocation.request, invocation.head = read_request(*invocation.head), None
            last, outcome = self._worker.call(invocation.answer)
        except (OSError, frames.ProtocolError):
            meter.drop(metered)
            if invocation.connection is self:
                raise
            invocation.connection.close()   # it was moved there
            return
        elapsed = me.watch.stop()
        end = frames.end(invocation.stream, outcome, meter.end(metered, elapsed), elapsed)
        if invocation.connection is self:
            self._in.running.pop(invocation.stream, None)
            self._pace.add(elapsed)
            self._out.add(*last, end)
        else:
            invocation.connection.finish((*last, end))

    def _look_for_recalls(self):
        # Several that are slow, though not so slow that the hub stands in, would keep one waiting for as long as all of them take.
        try:
            if not self._in.read(socket.MSG_DONTWAIT):
                raise OSError("closed")
        except BlockingIOError:
            pass

    def _refuse(self, streams):
        self._out.add(*[frames.end(stream, frames.REFUSED) for stream in streams])
        self._out.flush_some()

    def _leave(self, me):
        if me.is_busy:
            me.is_busy = False
            self._worker.leave()

    # In the hub's thread.

    def tick(self, now):
        """Looks after the leader. Whether to look again soon."""
        leader = self._crew.leader
        if leader is None or not leader.inside:
            return False
        if now - leader.watch.started < TICK:
            return True
        has_successor = self._crew.replace(leader)
        if has_successor is None:
            return True
        self._pace.found_slow()
        if not has_successor:
            self._out.flush_some()
            self._start_watching()
        return False

    def on_readable(self):
        """Stands in for the leader. Whether to go on."""
        with self._crew.lock:
            if self._crew.leader is not None or self._crew.is_closed:
                return False
            try:
                is_open = self._in.read(socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            except (OSError, frames.ProtocolError):
                is_open = False
        if not is_open:
            self.close()
        return is_open

    def _start_watching(self):
        with self._crew.lock:
            if self._crew.leader is None and not self._crew.is_closed:
                self._is_watched = True
                self._worker.hub.watch(self)

    def _stop_watching(self):
        if self._is_watched:
            with self._crew.lock:
                self._is_watched = False
                self._worker.hub.unwatch(self)

