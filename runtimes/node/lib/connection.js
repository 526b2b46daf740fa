'use strict';
// A data connection: invocations, one at a time.
const { once } = require('node:events');
const frames = require('./frames');
const events = require('./events');
const results = require('./results');
const failures = require('./failures');
const { Partials, current } = require('./logs');
const { Invocation } = require('./invocation');

const { TYPES } = frames;
// The gateway has a limit of its own, far lower by default; this one keeps a gateway without one from filling the memory.
const BODY_MAX = 64 * 1024 * 1024;
const ONE_WRITE_MAX = 256 * 1024;
const TURN_AFTER = 32;   // items of a stream
const NOTHING = Buffer.alloc(0);

/** A failure that is an answer: it becomes a Failure frame. */
class InvocationFailed extends Error {
  constructor(kind, errorType, message, trace = []) {
    super(message);
    this.failure = { kind, errorType, message, trace };
  }
}

class DataConnection {
  #socket;
  #reader;
  #worker;
  #receiving = null;    // { request, stream, pieces, size } while a body comes in
  #running = null;      // the Invocation under way

  constructor(socket, reader, worker) {
    this.#socket = socket;
    this.#reader = reader;
    this.#worker = worker;
    socket.on('data', (chunk) => {
      reader.push(chunk);
      this.read();
    });
    socket.on('close', () => this.#closed());
  }

  get isIdle() { return this.#running === null; }

  /** Takes all frames that are complete. */
  read() {
    try {
      for (let frame = this.#reader.next(); frame !== null; frame = this.#reader.next()) this.#take(frame);
    } catch (e) {
      if (!(e instanceof frames.ProtocolError)) throw e;
      this.#socket.destroy();
    }
  }

  #take({ type, flags, stream, payload }) {
    if (type === TYPES.requestBody) this.#takeBody(stream, payload, flags);
    else if (type === TYPES.cancel) this.#cancel(stream, payload[0]);
    else if (type === TYPES.request && this.#running === null && this.#receiving === null) this.#begin(frames.readRequest(payload), stream, flags);
    else throw new frames.ProtocolError(`unexpected frame ${type}`);
  }

  #begin(request, stream, flags) {
    if (!this.#worker.enter()) {
      this.#socket.destroy();
      return;
    }
    if (flags & frames.END_OF_BODY) this.#run(request, stream, NOTHING);
    else this.#receiving = { request, stream, pieces: [], size: 0 };
  }

  #takeBody(stream, payload, flags) {
    const receiving = this.#receiving;
    if (receiving === null || receiving.stream !== stream) return;   // of an invocation that ended already
    receiving.pieces.push(payload);
    receiving.size += payload.length;
    if (receiving.size > BODY_MAX) {
      this.#refuse(receiving, new InvocationFailed('TooLarge', 'TooLarge', `the body is larger than ${BODY_MAX >> 20} MiB`));
    } else if (flags & frames.END_OF_BODY) {
      this.#receiving = null;
      this.#run(receiving.request, stream, receiving.pieces.length === 1 ? payload : Buffer.concat(receiving.pieces, receiving.size));
    }
  }

  #cancel(stream, reason) {
    if (this.#running?.stream === stream) this.#running.cancel(reason);
    else if (this.#receiving?.stream === stream) {
      this.#refuse(this.#receiving, new InvocationFailed('Unhandled', 'InvocationCancelled', 'the invocation was cancelled before its body was complete'));
    }
  }

  /** Ends an invocation that was never run. The rest of its body is thrown away as it comes. */
  #refuse({ stream }, failed) {
    this.#receiving = null;
    this.#socket.write(Buffer.concat([frames.jsonFrame(TYPES.failure, stream, failed.failure), frames.end(stream, true, 0)]));
    this.#worker.leave();
  }

  #run(request, stream, body) {
    const invocation = new Invocation(stream, new Partials(request.id));
    this.#running = invocation;
    current.run(invocation.owner, () => this.#answer(invocation, request, body));
  }

  async #answer(invocation, request, body) {
    const { output } = this.#worker;
    const { stream, owner } = invocation;
    const cpu = this.#worker.function?.concurrency === 1 ? process.cpuUsage() : null;
    let last;
    let failed = false;
    try {
      last = await this.#invoke(invocation, request, body);
    } catch (e) {
      failed = true;
      last = [frames.jsonFrame(TYPES.failure, stream, this.#failureOf(e, owner))];
    }
    output.endLines(owner);
    const used = cpu && process.cpuUsage(cpu);
    last.push(frames.end(stream, failed, used ? used.user + used.system : 0));
    this.#running = null;
    try {
      await this.#send(last);
    } finally {
      this.#worker.leave();
    }
  }

  /** Runs the function. Gives what is left to send before End; a stream has sent most of it already. */
  async #invoke(invocation, request, body) {
    const { stream } = invocation;
    const fn = this.#worker.function;
    if (fn === null) throw new InvocationFailed('Unhandled', 'NotSpecialized', 'this instance has no function');
    const event = request.kind === 1 ? events.rawEvent(body) : events.httpEvent(request, body, fn.name);
    const called = invocation.call(fn, event, request);
    const value = typeof called?.then === 'function' ? await called : called;
    if (isStream(value)) {
      if (request.kind === 1) throw new results.InvalidResult('a stream answers HTTP requests only; return a value for an event');
      return this.#streamItems(invocation, value);
    }
    const answer = request.kind === 1 ? { status: 200, headers: [results.JSON_TYPE], body: results.toJson(value) } : results.infer(value);
    return [head(stream, answer.status, answer.body.length, answer.headers), ...frames.body(stream, answer.body)];
  }

  async #streamItems(invocation, items) {
    const { stream } = invocation;
    let first = null;
    let count = 0;
    for await (const item of items) {
      // Neither a generator that never waits nor a socket that takes everything lets the event loop run: Cancel and all else would wait.
      if (++count % TURN_AFTER === 0) await new Promise(setImmediate);
      if (this.#socket.destroyed) invocation.cancel(2);
      // Leaving the loop closes the iterable, so a generator that never looks at the signal stops too.
      if (invocation.reason) throw new InvocationFailed('Unhandled', 'InvocationCancelled', invocation.reason);
      let data;
      if (first === null && results.isHead(item)) {
        const answer = results.fromResponse(item, results.TEXT_TYPE);
        first = head(stream, answer.status, -1, answer.headers);
        data = answer.body;
      } else {
        first ??= head(stream, 200, -1, [results.TEXT_TYPE]);
        data = results.piece(item);
      }
      if (first.length > 0 || data.length > 0) await this.#send([first, ...frames.body(stream, data)]);
      first = NOTHING;
    }
    return [first ?? head(stream, 200, -1, [results.TEXT_TYPE])];
  }

  /** Small answers leave in one write; larger ones as fast as the peer takes them. */
  async #send(parts) {
    if (this.#socket.destroyed) return;
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const writes = size <= ONE_WRITE_MAX ? [Buffer.concat(parts, size)] : parts;
    for (const part of writes) {
      if (!this.#socket.write(part) && this.#socket.writableNeedDrain && !this.#socket.destroyed) await this.#drained();
    }
  }

  async #drained() {
    const stop = new AbortController();
    try {
      await Promise.race([once(this.#socket, 'drain', { signal: stop.signal }), once(this.#socket, 'close', { signal: stop.signal })]);
    } catch {
      // The socket failed; its close event tells the rest of this class.
    } finally {
      stop.abort();
    }
  }

  #failureOf(error, owner) {
    if (error instanceof InvocationFailed) return error.failure;
    if (error instanceof events.BadEvent) return { kind: 'BadEvent', errorType: 'BadEvent', message: error.message, trace: [] };
    if (error instanceof results.InvalidResult) return { kind: 'InvalidResult', errorType: 'InvalidResult', message: error.message, trace: [] };
    this.#worker.output.error(failures.formatted(error), owner);
    return { kind: 'Unhandled', ...failures.describe(error), trace: failures.trace(error, this.#worker.function.code) };
  }

  #closed() {
    if (this.#receiving !== null) {
      this.#receiving = null;
      this.#worker.leave();
    }
    this.#running?.cancel(2);
  }
}

function head(stream, status, length, headers) {
  try {
    return frames.response(stream, status, length, headers);
  } catch (e) {
    throw new results.InvalidResult(e.message);
  }
}

/** Async iterables, and iterators as generators are; arrays, strings and maps are values. */
const isStream = (value) => typeof value === 'object' && value !== null
  && (typeof value[Symbol.asyncIterator] === 'function' || (typeof value[Symbol.iterator] === 'function' && typeof value.next === 'function'));

module.exports = { DataConnection };
