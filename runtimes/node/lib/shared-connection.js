'use strict';
// A shared connection: any number of small invocations at a time.
const frames = require('./frames');
const { readRequest } = require('./heads');
const { FrameWriter, OUTCOMES } = require('./frame-writer');
const { Invocation } = require('./invocation');
const answering = require('./answering');

const { TYPES } = frames;
const SLAB = 32 * 1024;
const SLOW_MS = 1;          // what has taken so long is slow: answers that are ready do not wait for more of it
const NOTHING = Buffer.alloc(0);

class SharedConnection {
  #socket;
  #reader;
  #worker;
  #writer = new FrameWriter(SLAB);
  #running = new Map();     // stream -> Invocation, until its End, or until it has moved
  #awaited = null;          // { request, stream } whose body is the next frame; the request is null when it was refused
  #nowMs = 0;               // read between frames; one reading serves the turn's limit, the flush and the invocation's deadline
  #isTaking = false;
  #isBehind = false;        // frames were left for the next turn
  #isFlushPlanned = false;
  #oldestMs = 0;            // when the first answer that has not left was ready; 0: none
  #toLeave = 0;             // invocations whose End has not left

  constructor(socket, reader, worker) {
    this.#socket = socket;
    this.#reader = reader;
    this.#worker = worker;
    socket.on('data', (chunk) => {
      reader.push(chunk);
      if (!this.#isBehind) this.read();
    });
    socket.on('close', () => this.#closed());
  }

  /**
   * Takes the frames that are complete. The answers of handlers that return at once leave at the end of it. Those of async handlers are ready only when
   * this has returned, so a turn does not go on for long where handlers compute: the next ones are begun when the ready ones have left.
   */
  read() {
    this.#isTaking = true;
    const beganMs = this.#nowMs = performance.now();
    try {
      while (this.#reader.next()) {
        this.#take(this.#reader);
        if (this.#nowMs - beganMs > SLOW_MS) {
          this.#isBehind = true;
          setImmediate(() => this.#catchUp());
          break;
        }
      }
    } catch (e) {
      if (!(e instanceof frames.ProtocolError)) throw e;
      this.#socket.destroy();
    } finally {
      this.#isTaking = false;
    }
    this.flush();
  }

  answer(invocation, answer) {
    this.#writer.answer(invocation.stream, answer);
    this.#ended(invocation);
  }

  fail(invocation, failure) {
    this.#writer.failure(invocation.stream, failure);
    this.#writer.end(invocation.stream, OUTCOMES.failed);
    this.#ended(invocation);
  }

  /** Moves the invocation to a data connection that the gateway opens for it. */
  outlet(invocation) {
    if (invocation.reason !== null) return Promise.resolve(null);
    this.#writer.move(invocation.stream);
    const taken = this.#worker.moves.wait(invocation);
    this.#flushSoon();
    return taken;
  }

  /** The invocation has moved: from here on it is not this connection's. */
  release(invocation) { this.#running.delete(invocation.stream); }

  /** Sends all answers that are ready, in one write. */
  flush() {
    this.#oldestMs = 0;
    this.#writer.flush(this.#socket);
    const count = this.#toLeave;
    if (count === 0) return;
    this.#toLeave = 0;
    // The process may end with the last invocation, and what the socket has not taken would end with it.
    if (this.#worker.isDraining && this.#socket.writableLength > 0) this.#socket.write(NOTHING, () => this.#worker.leave(count));
    else this.#worker.leave(count);
  }

  #take(frame) {
    const { type, stream } = frame;
    if (this.#awaited !== null) this.#takeBody(frame);
    else if (type === TYPES.request) this.#begin(frame);
    else if (type === TYPES.cancel) this.#cancel(stream, frame.payload()[0]);
    else throw new frames.ProtocolError(`unexpected frame ${type} on a shared connection`);
  }

  #begin(frame) {
    const { stream, flags } = frame;
    if (this.#running.has(stream)) throw new frames.ProtocolError('the number of an invocation that runs');
    const hasBody = (flags & frames.END_OF_BODY) === 0;
    if (!this.#worker.enter()) {
      this.#writer.end(stream, OUTCOMES.refused);
      if (hasBody) this.#awaited = { stream, request: null };
      return;
    }
    const request = readRequest(frame);
    if (hasBody) this.#awaited = { stream, request };
    else this.#run(stream, request, NOTHING);
  }

  #takeBody(frame) {
    const { stream, request } = this.#awaited;
    if (frame.type !== TYPES.requestBody || frame.stream !== stream || !(frame.flags & frames.END_OF_BODY)) throw new frames.ProtocolError('no body behind its Request');
    this.#awaited = null;
    if (request !== null) this.#run(stream, request, frame.payload());
  }

  #run(stream, request, body) {
    const invocation = new Invocation(this, stream, request, this.#nowMs);
    this.#running.set(stream, invocation);
    answering.run(this.#worker, invocation, body);
    this.#nowMs = performance.now();
  }

  #cancel(stream, reason) {
    this.#running.get(stream)?.cancel(reason);
    this.#worker.moves.giveUp(stream);
  }

  #ended(invocation) {
    this.#running.delete(invocation.stream);
    this.#toLeave++;
    this.#flushSoon();
  }

  /**
   * With the frames of this turn, or when the last one under way is ready: then there is nothing to wait for. Else with what else becomes ready in this
   * turn of the event loop, and that is over when immediates run.
   */
  #flushSoon() {
    if (this.#isTaking) return;
    if (this.#running.size === 0) {
      this.flush();
      return;
    }
    const nowMs = performance.now();
    if (this.#oldestMs === 0) this.#oldestMs = nowMs;
    else if (nowMs - this.#oldestMs > SLOW_MS) {
      this.flush();
      return;
    }
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    setImmediate(() => {
      this.#isFlushPlanned = false;
      this.flush();
    });
  }

  #catchUp() {
    this.flush();
    this.#isBehind = false;
    if (!this.#socket.destroyed) this.read();   // else nobody waits for what was not begun
  }

  #closed() {
    if (this.#awaited !== null && this.#awaited.request !== null) this.#worker.leave();
    this.#awaited = null;
    for (const [stream, invocation] of this.#running) {
      invocation.cancel(2);
      this.#worker.moves.giveUp(stream);
    }
  }
}

module.exports = { SharedConnection };
