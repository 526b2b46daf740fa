'use strict';
// Frames: 12 bytes of header (length u32, type u8, flags u8, reserved u16, stream u32; little-endian) and a payload.

const HEADER = 12;
const PAYLOAD_MAX = 1 << 20;
const BODY_PIECE_MAX = 64 * 1024;
const END_OF_BODY = 1;

const TYPES = Object.freeze({
  hello: 0x01, specialize: 0x10, specialized: 0x11, log: 0x12, shutdown: 0x13, request: 0x20, requestBody: 0x21, cancel: 0x23, take: 0x24, recall: 0x25,
  response: 0x30, responseBody: 0x31, end: 0x32, failure: 0x33, move: 0x34,
});

/** The peer broke the protocol; its connection cannot be used any more. */
class ProtocolError extends Error {}

// Written out: the methods of Buffer check their arguments at every call.
function putU16(buffer, at, value) {
  buffer[at] = value;
  buffer[at + 1] = value >>> 8;
}

function putU32(buffer, at, value) {
  buffer[at] = value;
  buffer[at + 1] = value >>> 8;
  buffer[at + 2] = value >>> 16;
  buffer[at + 3] = value >>> 24;
}

const u32 = (buffer, at) => (buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24)) >>> 0;

/** An i64 as two halves: BigInt costs more than all the rest of a head. Exact up to 2^53, and for -1. */
function putI64(buffer, at, value) {
  putU32(buffer, at, value);
  putU32(buffer, at + 4, Math.floor(value / 0x100000000));
}

function putHeader(buffer, at, type, stream, length) {
  putU32(buffer, at, 8 + length);
  putU32(buffer, at + 4, type);   // flags and reserved are 0
  putU32(buffer, at + 8, stream);
}

function frame(type, stream, payload) {
  const buffer = Buffer.allocUnsafe(HEADER + payload.length);
  putHeader(buffer, 0, type, stream, payload.length);
  payload.copy(buffer, HEADER);
  return buffer;
}

const jsonFrame = (type, stream, value) => frame(type, stream, Buffer.from(JSON.stringify(value)));

function writeText(buffer, at, text) {
  const length = buffer.write(text, at + 2, 'utf8');
  putU16(buffer, at, length);
  return at + 2 + length;
}

function log(unixMs, channel, invocationId, text) {
  const size = 11 + Buffer.byteLength(invocationId) + text.length;
  const buffer = Buffer.allocUnsafe(HEADER + size);
  putHeader(buffer, 0, TYPES.log, 0, size);
  putI64(buffer, 12, unixMs);
  buffer[20] = channel;
  text.copy(buffer, writeText(buffer, 21, invocationId));
  return buffer;
}

/**
 * Cuts what a socket delivers into frames. The frame found by the last next() is in the fields, not in an object of its own: a busy connection
 * would make tens of thousands a second. Its payload lies in `buffer` from `start` to `end`, in the received chunk itself wherever it came whole.
 */
class FrameReader {
  type = 0;
  flags = 0;
  stream = 0;
  buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  #later = [];      // chunks behind `buffer`
  #size = 0;        // bytes not yet cut

  push(chunk) {
    if (this.#size === 0) {
      this.buffer = chunk;
      this.end = 0;
    } else this.#later.push(chunk);
    this.#size += chunk.length;
  }

  /** Goes on to the next frame; false while it is not complete. */
  next() {
    if (this.#size < HEADER) return false;
    this.#join(HEADER);
    const length = u32(this.buffer, this.end);
    if (length < 8 || length > 8 + PAYLOAD_MAX) throw new ProtocolError('impossible length of a frame');
    if (this.#size < 4 + length) return false;
    this.#join(4 + length);
    const at = this.end;
    this.type = this.buffer[at + 4];
    this.flags = this.buffer[at + 5];
    this.stream = u32(this.buffer, at + 8);
    this.start = at + HEADER;
    this.end = at + 4 + length;
    this.#size -= 4 + length;
    return true;
  }

  payload() { return this.buffer.subarray(this.start, this.end); }

  /** Sees to it that the next `count` bytes are in one buffer; joins no more chunks than that takes. */
  #join(count) {
    let joined = this.buffer.length - this.end;
    if (joined >= count) return;
    let used = 0;
    while (joined < count) joined += this.#later[used++].length;
    this.buffer = Buffer.concat([this.buffer.subarray(this.end), ...this.#later.splice(0, used)], joined);
    this.end = 0;
  }
}

module.exports = {
  HEADER, PAYLOAD_MAX, BODY_PIECE_MAX, END_OF_BODY, TYPES, ProtocolError, FrameReader, putU16, putU32, putI64, putHeader, u32, frame, jsonFrame, log, writeText,
};
