'use strict';
// Output of the function: console and process.stdout/stderr become Log frames, tagged with the invocation that wrote them.
const { AsyncLocalStorage } = require('node:async_hooks');
const frames = require('./frames');

const STDOUT = 1;
const STDERR = 2;
const GOES_ON = 0x80;   // beside the channel: the line is cut here
const LINE_MAX = 16 * 1024;
const KEPT_MAX = 256 * 1024;

/** Holds the Partials of the running invocation. */
const current = new AsyncLocalStorage();

/** The begun lines of an invocation, or of what runs outside of any. */
class Partials {
  constructor(id = '') {
    this.id = id;
    this.begun = null;   // by channel; made at the first write, because most invocations write nothing
  }
}

/** Frames on their way to the controller. Never blocks: beyond 256 KiB of lines it drops the oldest and says how many. */
class Outbox {
  constructor() {
    this.socket = null;
    this.clear();
  }

  clear() {
    this.queue = [];
    this.first = 0;      // index of the oldest line; the array is cut now and then, not at every line
    this.size = 0;
    this.dropped = 0;
  }

  /** A newer connection replaces an older one, and gets what was not sent. */
  attach(socket) {
    this.socket = socket;
    socket.on('drain', () => this.pump());
    this.pump();
  }

  detach(socket) {
    if (this.socket === socket) this.socket = null;
  }

  addLine(channel, id, text) {
    const frame = frames.log(Date.now(), channel, id, text);
    if (this.size === 0 && this.dropped === 0 && this.isWritable()) {
      this.socket.write(frame);
      return;
    }
    this.queue.push(frame);
    this.size += frame.length;
    while (this.size > KEPT_MAX) {
      this.size -= this.queue[this.first].length;
      this.queue[this.first++] = null;
      this.dropped++;
    }
    if (this.first > 1024 && this.first > this.queue.length / 2) {
      this.queue = this.queue.slice(this.first);
      this.first = 0;
    }
    this.pump();
  }

  /** Sends a Specialized frame after all lines there are; it is never dropped. */
  answer(message) {
    const frame = frames.jsonFrame(frames.TYPES.specialized, 0, message);
    this.pump(true);
    if (this.socket) this.socket.write(frame);
    else this.unsent = frame;
  }

  isWritable() { return this.socket !== null && !this.socket.writableNeedDrain; }

  pump(all = false) {
    if (this.dropped > 0 && this.isWritable()) {
      const text = `${this.dropped} log lines were dropped here: they came faster than they could be taken`;
      this.dropped = 0;
      this.socket.write(frames.log(Date.now(), STDERR, '', Buffer.from(text)));
    }
    while (this.first < this.queue.length && (all ? this.socket !== null : this.isWritable())) {
      const frame = this.queue[this.first];
      this.queue[this.first++] = null;
      this.size -= frame.length;
      this.socket.write(frame);
    }
    if (this.first === this.queue.length && this.first > 0) {
      this.queue = [];
      this.first = 0;
    }
    if (this.unsent && this.socket && this.size === 0) {
      this.socket.write(this.unsent);
      this.unsent = undefined;
    }
  }
}

class Output {
  #outside = new Partials();

  constructor() {
    this.outbox = new Outbox();
  }

  /** From here on nothing written through Node reaches the process's own output; child processes and native code still do. */
  install() {
    for (const [stream, channel] of [[process.stdout, STDOUT], [process.stderr, STDERR]]) {
      stream.write = (chunk, encoding, callback) => {
        this.write(channel, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
        const done = typeof encoding === 'function' ? encoding : callback;
        if (done) process.nextTick(done);
        return true;
      };
    }
  }

  write(channel, text) {
    const owner = current.getStore() ?? this.#outside;
    owner.begun ??= { [STDOUT]: '', [STDERR]: '' };
    const lines = (owner.begun[channel] + text).split('\n');
    let begun = lines.pop();
    for (const line of lines) this.#addLine(channel, owner.id, line);
    if (begun.length > LINE_MAX) {
      const pieces = cut(Buffer.from(begun));
      begun = pieces.pop().toString('utf8');
      for (const piece of pieces) this.outbox.addLine(channel | GOES_ON, owner.id, piece);
    }
    owner.begun[channel] = begun;
  }

  /** Sends lines that were begun and will not be ended. */
  endLines(owner = this.#outside) {
    if (owner.begun === null) return;
    for (const channel of [STDOUT, STDERR]) {
      const begun = owner.begun[channel];
      owner.begun[channel] = '';
      if (begun !== '') this.#addLine(channel, owner.id, begun);
    }
  }

  error(text, owner = this.#outside) {
    for (const line of text.split('\n')) this.#addLine(STDERR, owner.id, line);
  }

  #addLine(channel, id, line) {
    const pieces = cut(Buffer.from(line.endsWith('\r') ? line.slice(0, -1) : line));
    const last = pieces.pop();
    for (const piece of pieces) this.outbox.addLine(channel | GOES_ON, id, piece);
    this.outbox.addLine(channel, id, last);
  }
}

/** Pieces of at most 16 KiB; the last may be shorter. */
function cut(data) {
  const pieces = [];
  let start = 0;
  while (data.length - start > LINE_MAX) {
    let end = start + LINE_MAX;
    while ((data[end] & 0xc0) === 0x80) end--;   // not through the middle of a character
    pieces.push(data.subarray(start, end));
    start = end;
  }
  pieces.push(data.subarray(start));
  return pieces;
}

module.exports = { Output, Partials, current };
