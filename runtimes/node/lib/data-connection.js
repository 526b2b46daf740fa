'use strict';
// A data connection: invocations, one at a time, of any length.
const { once } = require('node:events');
const frames = require('./frames');
const { readRequest } = require('./heads');
const { InvocationFailed } = require('./failures');
const { FrameWriter, OUTCOMES } = require('./frame-writer');
const { Invocation } = require('./invocation');
const answering = require('./answering');

const { TYPES } = frames;
// The gateway has a limit of its own, far lower by default; this one keeps a gateway without one from filling the memory.
const BODY_MAX = 64 * 1024 * 1024;
const ONE_WRITE_MAX = 256 * 1024;
const SLAB = 4 * 1024;
const NOTHING = Buffer.alloc(0);

class DataConnection {
  writer = new FrameWriter(SLAB);
  #socket;
  #reader;
  #worker;
  #isNew = true;        // no frame has come after Hello
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

  get isClosed() { return this.#socket.destroyed; }

  /** Takes all frames that are complete. */
  read() {
    try {
      while (this.#reader.next()) this.#take(this.#reader);
    } catch (e) {
      if (!(e instanceof frames.ProtocolError)) throw e;
      this.#socket.destroy();
    }
  }

  answer(invocation, answer) {
    this.writer.answer(invocation.stream, answer, invocation.used(this.#worker.meter));
    this.#ended(invocation);
  }

  fail(invocation, failure) {
    this.writer.failure(invocation.stream, failure);
    this.writer.end(invocation.stream, OUTCOMES.failed, invocation.used(this.#worker.meter));
    this.#ended(invocation);
  }

  /** After an answer that was sent piece by piece. */
  end(invocation) {
    this.writer.end(invocation.stream, OUTCOMES.completed, invocation.used(this.#worker.meter));
    this.#ended(invocation);
  }

  outlet() { return Promise.resolve(this); }

  /** Sends what the writer holds and a piece of a body: up to 256 KiB in one write; more as fast as the peer takes it. */
  async send(data, stream) {
    if (data.length <= ONE_WRITE_MAX) {
      this.writer.body(stream, data);
      this.writer.flush(this.#socket);
      await this.#drained();
      return;
    }
    this.writer.flush(this.#socket);
    for (let start = 0; start < data.length && !this.isClosed; start += frames.BODY_PIECE_MAX) {
      this.#writePiece(stream, data.subarray(start, start + frames.BODY_PIECE_MAX));
      await this.#drained();
    }
  }

  /** Not through the writer, so that it is not copied. */
  #writePiece(stream, piece) {
    const header = Buffer.allocUnsafe(frames.HEADER);
    frames.putHeader(header, 0, TYPES.responseBody, stream, piece.length);
    this.#socket.cork();
    this.#socket.write(header);
    this.#socket.write(piece);
    this.#socket.uncork();
  }

  #take(frame) {
    const { type, flags, stream } = frame;
    const isFirst = this.#isNew;
    this.#isNew = false;
    if (type === TYPES.requestBody) this.#takeBody(stream, frame.payload(), flags);
    else if (type === TYPES.cancel) this.#cancel(stream, frame.payload()[0]);
    else if (type === TYPES.request && this.#running === null && this.#receiving === null) this.#begin(readRequest(frame), stream, flags);
    else if (type === TYPES.take && isFirst) this.#takeOver(stream);
    else throw new frames.ProtocolError(`unexpected frame ${type}`);
  }

  /** The answer to an invocation of a shared connection goes over this one. */
  #takeOver(stream) {
    this.#running = this.#worker.moves.take(stream, this);
    if (this.#running === null) this.#socket.destroy();
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
    this.writer.failure(stream, failed.failure);
    this.writer.end(stream, OUTCOMES.failed);
    this.writer.flush(this.#socket);
    this.#worker.leave();
  }

  #run(request, stream, body) {
    const nowMs = performance.now();
    this.#running = new Invocation(this, stream, request, nowMs);
    this.#running.metered = this.#worker.meter.begin(nowMs);
    answering.run(this.#worker, this.#running, body);
  }

  #ended(invocation) {
    this.#running = null;
    this.writer.flush(this.#socket);
    if (this.#socket.writableLength > 0) this.#socket.write(NOTHING, () => this.#left(invocation));
    else this.#left(invocation);
  }

  #left({ home }) {
    this.#worker.leave();
    if (home !== this) home.leftElsewhere();
  }

  async #drained() {
    if (!this.#socket.writableNeedDrain || this.#socket.destroyed) return;
    const stop = new AbortController();
    try {
      await Promise.race([once(this.#socket, 'drain', { signal: stop.signal }), once(this.#socket, 'close', { signal: stop.signal })]);
    } catch {
      // The socket failed; its close event tells the rest of this class.
    } finally {
      stop.abort();
    }
  }

  #closed() {
    if (this.#receiving !== null) {
      this.#receiving = null;
      this.#worker.leave();
    }
    this.#running?.cancel(2);
  }
}

module.exports = { DataConnection };
