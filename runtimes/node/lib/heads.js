'use strict';
// What stands at the start of a connection (Hello) and of an invocation (Request), read from a FrameReader's frame.
const { ProtocolError, u32 } = require('./frames');

const CUT_MAX = 4096;       // bytes; a text that a function keeps keeps what it was cut from, so large payloads are read text by text
const NOT_ASCII = /[\x80-\xff]/;
const NAMES_KNOWN = 256;
const NAME_KEPT_MAX = 64;

/**
 * Reads a payload front to back; every read past the end is a ProtocolError. Its texts are made one string at once and cut there, because
 * each way into Node's own code costs as much as cutting ten texts.
 */
class PayloadReader {
  #buffer;
  #at;
  #end;
  #textsAt;
  #whole;       // from textsAt to the end, a character for each byte; null when the payload is large
  #isAscii;

  open({ buffer, start, end }, bytesBeforeTexts) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
    this.#textsAt = start + bytesBeforeTexts;
    this.#whole = end - start > CUT_MAX ? null : buffer.toString('latin1', this.#textsAt, end);
    // Lengths of 128 and more look like letters beyond ASCII too; then each text is looked at on its own.
    this.#isAscii = this.#whole !== null && !NOT_ASCII.test(this.#whole);
  }

  #skip(count) {
    const from = this.#at;
    this.#at += count;
    if (this.#at > this.#end) throw new ProtocolError('a payload ended too early');
    return from;
  }

  u8() { return this.#buffer[this.#skip(1)]; }

  u16() {
    const at = this.#skip(2);
    return this.#buffer[at] | (this.#buffer[at + 1] << 8);
  }

  u32() { return u32(this.#buffer, this.#skip(4)); }

  /** Exact up to 2^53. The upper half is signed. */
  i64() {
    const at = this.#skip(8);
    return (u32(this.#buffer, at + 4) | 0) * 0x100000000 + u32(this.#buffer, at);
  }

  text() {
    const length = this.u16();
    const from = this.#skip(length);
    if (this.#whole === null) return this.#buffer.toString('utf8', from, this.#at);
    const text = this.#whole.substring(from - this.#textsAt, this.#at - this.#textsAt);
    return this.#isAscii || !NOT_ASCII.test(text) ? text : this.#buffer.toString('utf8', from, this.#at);
  }

  /** A text that comes again and again: the same string each time, which as a key of an object needs no hashing. */
  name() {
    const start = this.#at;
    const length = this.u16();
    const from = this.#skip(length);
    this.#at = start;
    if (this.#whole === null || length === 0 || length > NAME_KEPT_MAX) return this.text();
    const place = (length * 31 + this.#buffer[from] * 7 + this.#buffer[from + (length >> 1)] * 3 + this.#buffer[from + length - 1]) % NAMES_KNOWN;
    const known = names[place];
    if (known.length === length && this.#whole.startsWith(known, from - this.#textsAt)) {
      this.#at = from + length;
      return known;
    }
    names[place] = Object.keys({ [this.text()]: 0 })[0];   // the key, which holds nothing of this payload
    return names[place];
  }
}

const names = new Array(NAMES_KNOWN).fill('');
const reader = new PayloadReader();   // one is enough: nothing waits in the middle of a payload

class Request {
  constructor() {
    this.kind = reader.u8();
    this.isHttps = reader.u8() === 1;
    if (this.kind > 1) throw new ProtocolError('unknown kind of Request');
    reader.u16();
    this.timeoutMs = reader.u32();
    this.contentLength = reader.i64();
    this.receivedMs = reader.i64();
    this.id = reader.text();
    this.method = reader.text();
    this.path = reader.text();
    this.query = reader.text();
    this.remote = reader.text();
    this.headers = {};       // repeated ones joined with a comma
    this.cookies = null;     // or an array
    for (let left = reader.u16(); left > 0; left--) {
      const name = reader.name();
      if (name === 'cookie') (this.cookies ??= []).push(...reader.text().split(';').map((c) => c.trim()).filter((c) => c !== ''));
      else setJoined(this.headers, name, reader.text());
    }
  }
}

/** Names are the caller's to choose: `constructor` and `__proto__` are names like any other. */
function setJoined(object, name, value) {
  if (object[name] === undefined) object[name] = value;
  else if (Object.hasOwn(object, name)) object[name] += `,${value}`;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function readRequest(frame) {
  reader.open(frame, 24);
  return new Request();
}

function readHello(frame) {
  reader.open(frame, 2);
  const version = reader.u8();
  const role = reader.u8();
  if (version !== 1 || !(role >= 1 && role <= 3)) throw new ProtocolError('not a Hello of version 1');
  return { role, token: reader.text() };
}

module.exports = { readRequest, readHello, setJoined };
