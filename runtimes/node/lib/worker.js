'use strict';
// What the worker is at the moment: stem, being loaded, function; and how it ends.
const { timingSafeEqual } = require('node:crypto');
const frames = require('./frames');
const failures = require('./failures');
const { readHello } = require('./heads');
const { DataConnection } = require('./data-connection');
const { SharedConnection } = require('./shared-connection');
const { Meter } = require('./meter');
const { Moves } = require('./moves');
const { LoadError, load } = require('./loading');
const { LoadedFunction, setEnvironment } = require('./function');

const { TYPES } = frames;

class Worker {
  function = null;
  concurrency = 1;
  moves = new Moves();
  meter = new Meter();
  #code;
  #token;
  #control = null;
  #isSpecialized = false;
  #isLoading = false;
  #waiting = [];        // connections for invocations that came before the function was loaded
  #shared = new Set();
  #running = 0;
  #isDraining = false;

  constructor(code, token, output) {
    this.#code = code;
    this.#token = Buffer.from(token);
    this.output = output;
  }

  /** A new connection: its first frame says what it is. */
  accept(socket) {
    const reader = new frames.FrameReader();
    socket.on('error', () => {});   // a close event follows
    const onData = (chunk) => {
      reader.push(chunk);
      try {
        if (!reader.next()) return;
        socket.off('data', onData);
        this.#greet(socket, reader);
      } catch (e) {
        if (!(e instanceof frames.ProtocolError)) throw e;
        socket.destroy();
      }
    };
    socket.on('data', onData);
  }

  get isDraining() { return this.#isDraining; }

  /** Before an invocation. False: no new ones are taken. */
  enter() {
    if (this.#isDraining) return false;
    this.#running++;
    return true;
  }

  leave(count = 1) {
    this.#running -= count;
    if (this.#isDraining && this.#running === 0) this.#exitSoon();
  }

  /** Sends the answers that are ready, because the process ends now. */
  flush() {
    for (const connection of this.#shared) connection.flushLast();
  }

  /** Takes no new invocation, and ends when the last one has ended. */
  drain() {
    this.#isDraining = true;
    for (const connection of this.#shared) connection.giveBack();
    if (this.#running === 0) this.#exitSoon();
  }

  #greet(socket, reader) {
    if (reader.type !== TYPES.hello) throw new frames.ProtocolError('no Hello');
    const { role, token } = readHello(reader);
    if (role !== 1) {
      const connection = role === 2 ? new DataConnection(socket, reader, this) : this.#share(socket, reader);
      if (this.#isLoading || !this.#isSpecialized) {
        socket.pause();
        this.#waiting.push([socket, connection]);
      } else connection.read();
      return;
    }
    const given = Buffer.from(token);
    if (given.length !== this.#token.length || !timingSafeEqual(given, this.#token)) throw new frames.ProtocolError('wrong token');
    this.#takeControl(socket, reader);
  }

  #share(socket, reader) {
    const connection = new SharedConnection(socket, reader, this);
    this.#shared.add(connection);
    socket.on('close', () => this.#shared.delete(connection));
    return connection;
  }

  #takeControl(socket, reader) {
    this.#control?.destroy();
    this.#control = socket;
    socket.on('close', () => this.output.outbox.detach(socket));
    this.output.outbox.attach(socket);
    const read = () => {
      try {
        while (reader.next()) this.#command(reader.type, reader.payload());
      } catch (e) {
        if (!(e instanceof frames.ProtocolError || e instanceof SyntaxError)) throw e;
        socket.destroy();
      }
    };
    socket.on('data', (chunk) => {
      reader.push(chunk);
      read();
    });
    read();
  }

  #command(type, payload) {
    if (type === TYPES.specialize) this.#specialize(JSON.parse(payload.toString('utf8')));
    else if (type === TYPES.shutdown) {
      setTimeout(() => process.exit(0), JSON.parse(payload.toString('utf8')).graceMs ?? 0);
      this.drain();
    } else throw new frames.ProtocolError(`unexpected frame ${type} on a control connection`);
  }

  async #specialize(message) {
    if (this.#isSpecialized) {
      this.output.outbox.answer({ ok: false, error: 'AlreadySpecialized', message: 'this instance has its function already', trace: [] });
      return;
    }
    this.#isSpecialized = this.#isLoading = true;
    const answer = await this.#load(message);
    this.output.endLines();
    this.output.outbox.answer(answer);
    this.#isLoading = false;
    for (const [socket, connection] of this.#waiting.splice(0)) {
      socket.resume();
      connection.read();
    }
  }

  async #load(message) {
    const started = performance.now();
    try {
      if (message.kind !== 'handler') throw new LoadError('LoadFailed', `functions of kind '${message.kind}' are served by the dotnet stem, not by a Node worker`);
      this.concurrency = Math.max(1, message.concurrency || 1);
      process.chdir(this.#code);
      setEnvironment(message, this.#code);
      this.function = new LoadedFunction(await load(message.handler, this.#code), this.#code, message);
      return { ok: true, initMs: Math.round((performance.now() - started) * 1000) / 1000, trace: [] };
    } catch (e) {
      if (e instanceof LoadError) return { ok: false, error: e.error, message: e.message, trace: e.trace };
      return { ok: false, error: 'LoadFailed', message: failures.describe(e).message, trace: [] };
    }
  }

  /** Not at once: the End frame of the last invocation is still on its way out. */
  #exitSoon() { setImmediate(() => process.exit(0)); }
}

module.exports = { Worker };
