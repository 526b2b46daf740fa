'use strict';
// A shared connection: small invocations, as many at a time as the function's concurrency; the others are held back.
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
  #awaited = null;          // { request, stream } whose body is the next frame
  #nowMs = 0;               // read between frames; one reading serves the turn's limit, the flush and the invocation's deadline
  #held = [];               // { stream, request, body } of those whose turn has not come
  #underWay = 0;            // begun, and the End has not left: neither from here nor, for one that has moved, from its data connection
  #beganMs = 0;             // when this turn began to take frames or to run handlers
  #isTaking = false;        // frames, or what was held back: answers are sent at the end of it
  #isBehind = false;        // frames, or what was held back, were left for the next turn
  #isFlushPlanned = false;
  #oldestMs = 0;            // when the first answer that has not left was ready; 0: none
  #toLeave = 0;             // invocations that have ended and whose End has not left

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
    this.#beganMs = this.#nowMs = performance.now();
    try {
      while (this.#reader.next()) {
        this.#take(this.#reader);
        if (this.#nowMs - this.#beganMs > SLOW_MS) {
          this.#fallBehind();
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
    this.#beginHeld();
  }

  answer(invocation, answer) {
    this.#writer.answer(invocation.stream, answer, invocation.used(this.#worker.meter));
    this.#ended(invocation);
  }

  fail(invocation, failure) {
    this.#writer.failure(invocation.stream, failure);
    this.#writer.end(invocation.stream, OUTCOMES.failed, invocation.used(this.#worker.meter));
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

  /** The End of one that has moved has left. */
  leftElsewhere() {
    this.#underWay--;
    this.#beginHeld();
  }

  /** Nothing begins any more. */
  giveBack() {
    for (const { stream } of this.#held.splice(0)) this.#writer.end(stream, OUTCOMES.refused);
    this.flush();
  }

  /** Sends the answers that are ready when the process ends. */
  flushLast() {
    this.giveBack();   // also because nothing may begin in the place of those
    this.flush();
  }

  /** Sends all answers that are ready, in one write. */
  flush() {
    this.#oldestMs = 0;
    this.#writer.flush(this.#socket);
    const count = this.#toLeave;
    if (count === 0) return;
    this.#toLeave = 0;
    // The process may end with the last invocation, or with the next one, and what the socket has not taken would end with it.
    if (this.#socket.writableLength > 0) this.#socket.write(NOTHING, () => this.#left(count));
    else this.#left(count);
  }

  #take(frame) {
    const { type, stream } = frame;
    if (this.#awaited !== null) this.#takeBody(frame);
    else if (type === TYPES.request) this.#begin(frame);
    else if (type === TYPES.cancel) this.#cancel(stream, frame.payload()[0]);
    else if (type === TYPES.recall) this.#recall(stream);
    else throw new frames.ProtocolError(`unexpected frame ${type} on a shared connection`);
  }

  #begin(frame) {
    const { stream, flags } = frame;
    if (this.#running.has(stream)) throw new frames.ProtocolError('the number of an invocation that runs');
    const request = readRequest(frame);
    if ((flags & frames.END_OF_BODY) === 0) this.#awaited = { stream, request };
    else this.#arrived(stream, request, NOTHING);
  }

  #takeBody(frame) {
    const { stream, request } = this.#awaited;
    if (frame.type !== TYPES.requestBody || frame.stream !== stream || !(frame.flags & frames.END_OF_BODY)) throw new frames.ProtocolError('no body behind its Request');
    this.#awaited = null;
    this.#arrived(stream, request, frame.payload());
  }

  #arrived(stream, request, body) {
    if (this.#worker.isDraining) this.#writer.end(stream, OUTCOMES.refused);
    else if (this.#underWay < this.#worker.concurrency && this.#held.length === 0) this.#run(stream, request, body);
    else this.#held.push({ stream, request, body });
  }

  #run(stream, request, body) {
    this.#worker.enter();
    this.#underWay++;
    const invocation = new Invocation(this, stream, request, this.#nowMs);
    invocation.metered = this.#worker.meter.begin(this.#nowMs);
    this.#running.set(stream, invocation);
    answering.run(this.#worker, invocation, body);
    this.#nowMs = performance.now();
  }

  /**
   * Begins what was held back as far as there is room, each when the End of one before it has left. It is called when there is room, so also for handlers
   * that end at once, one after the other: not for long, because frames (a Recall, say) are seen only when the event loop turns.
   */
  #beginHeld() {
    if (this.#held.length === 0 || this.#isTaking || this.#isBehind) return;
    this.#isTaking = true;
    this.#nowMs = performance.now();
    while (this.#held.length > 0) {
      if (this.#underWay >= this.#worker.concurrency) {
        if (this.#toLeave === 0) break;
        this.flush();   // the Ends that are ready make room, unless the socket is full
        continue;
      }
      if (this.#nowMs - this.#beganMs > SLOW_MS) {
        this.#fallBehind();
        break;
      }
      const { stream, request, body } = this.#held.shift();
      this.#run(stream, request, body);
    }
    this.#isTaking = false;
    this.flush();
  }

  #left(count) {
    this.#underWay -= count;
    this.#worker.leave(count);
    this.#beginHeld();
  }

  /** Whether it was held back; then it is answered, and never begins. */
  #recall(stream) {
    const at = this.#held.findIndex((held) => held.stream === stream);
    if (at < 0) return false;
    this.#held.splice(at, 1);
    this.#writer.end(stream, OUTCOMES.refused);
    return true;
  }

  #cancel(stream, reason) {
    if (this.#recall(stream)) return;
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
      if (this.#held.length > 0) this.#beganMs = performance.now();
      this.flush();
    });
  }

  #fallBehind() {
    this.#isBehind = true;
    setImmediate(() => this.#catchUp());
  }

  #catchUp() {
    this.flush();
    this.#isBehind = false;
    if (!this.#socket.destroyed) this.read();   // else nobody waits for what was not begun
  }

  #closed() {
    this.#awaited = null;
    this.#held = [];
    for (const [stream, invocation] of this.#running) {
      invocation.cancel(2);
      this.#worker.moves.giveUp(stream);
    }
  }
}

module.exports = { SharedConnection };
