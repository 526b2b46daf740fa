'use strict';
// Answers as bytes. They are put one behind the other into large buffers, so that many leave in one write and none needs buffers of its own.
const { HEADER, PAYLOAD_MAX, BODY_PIECE_MAX, TYPES, putU16, putU32, putI64, putHeader } = require('./frames');

const SHORT = 32;                                   // characters; copying them here is cheaper than the way into Node's own code
const TEXT_MAX = Math.floor(BODY_PIECE_MAX / 3);    // a text of so many characters fits into one body frame, whatever they are
const END_BYTES = 12;
const NOTHING_USED = Object.freeze({ ranMs: 0, cpuMicros: 0, peakKiB: 0 });
const RUN_MICROS_MAX = 0xffff;                      // that or longer
const OUTCOMES = Object.freeze({ completed: 0, failed: 1, refused: 2 });

/** The head of an answer does not fit into a frame. */
class HeadTooLarge extends Error {}

class FrameWriter {
  #slabBytes;
  #slab = Buffer.alloc(0);    // made at the first frame, and never used twice: what was flushed may still be on its way
  #start = 0;                 // of what was not flushed yet
  #at = 0;
  #full = [];                 // the same, in earlier slabs

  constructor(slabBytes) { this.#slabBytes = slabBytes; }

  get isEmpty() { return this.#at === this.#start && this.#full.length === 0; }

  /** Sends all frames there are in one write. A socket that is closed takes and forgets them. */
  flush(socket) {
    if (this.isEmpty) return;
    const last = this.#slab.subarray(this.#start, this.#at);
    this.#start = this.#at;
    const earlier = this.#full;
    if (earlier.length > 0) this.#full = [];
    if (socket.destroyed) return;
    if (earlier.length > 0) socket.cork();
    for (let i = 0; i < earlier.length; i++) socket.write(earlier[i]);
    socket.write(last);
    if (earlier.length > 0) socket.uncork();
  }

  /** A whole answer whose body fits into one frame; see isShort. What it took to make: see end(). */
  answer(stream, { status, headers, body }, used) {
    const isText = typeof body === 'string';
    const size = sizeOfHead(headers);
    this.#reserve(HEADER + size + HEADER + (isText ? body.length * 3 : body.length) + HEADER + END_BYTES);
    const headAt = this.#at;
    const bodyAt = headAt + HEADER + size;
    let length = body.length;
    if (length > 0) {
      if (isText) length = putText(this.#slab, bodyAt + HEADER, body);
      else this.#slab.set(body, bodyAt + HEADER);
      putHeader(this.#slab, bodyAt, TYPES.responseBody, stream, length);
    }
    this.#putHead(stream, status, length, headers, size);
    if (length > 0) this.#at = bodyAt + HEADER + length;
    this.#putEnd(stream, OUTCOMES.completed, used);
  }

  head(stream, status, contentLength, headers) {
    const size = sizeOfHead(headers);
    this.#reserve(HEADER + size);
    this.#putHead(stream, status, contentLength, headers, size);
  }

  /** Any amount of bytes, at most 64 KiB in a frame. They are copied. */
  body(stream, data) {
    for (let start = 0; start < data.length; start += BODY_PIECE_MAX) {
      const piece = data.subarray(start, start + BODY_PIECE_MAX);
      this.#reserve(HEADER + piece.length);
      putHeader(this.#slab, this.#at, TYPES.responseBody, stream, piece.length);
      this.#slab.set(piece, this.#at + HEADER);
      this.#at += HEADER + piece.length;
    }
  }

  failure(stream, failure) {
    const text = JSON.stringify(failure);
    this.#reserve(HEADER + text.length * 3);
    const length = this.#slab.write(text, this.#at + HEADER);
    putHeader(this.#slab, this.#at, TYPES.failure, stream, length);
    this.#at += HEADER + length;
  }

  /** `used` is what the invocation took: { ranMs, cpuMicros, peakKiB }, each 0 when unknown. */
  end(stream, outcome, used = NOTHING_USED) {
    this.#reserve(HEADER + END_BYTES);
    this.#putEnd(stream, outcome, used);
  }

  move(stream) {
    this.#reserve(HEADER);
    putHeader(this.#slab, this.#at, TYPES.move, stream, 0);
    this.#at += HEADER;
  }

  #reserve(size) {
    if (this.#at + size <= this.#slab.length) return;
    if (this.#at > this.#start) this.#full.push(this.#slab.subarray(this.#start, this.#at));
    this.#slab = Buffer.allocUnsafeSlow(Math.max(this.#slabBytes, size));
    this.#start = this.#at = 0;
  }

  #putHead(stream, status, contentLength, headers, size) {
    const slab = this.#slab;
    let at = this.#at;
    putHeader(slab, at, TYPES.response, stream, size);
    putU32(slab, at + 12, status);   // and reserved u16
    putI64(slab, at + 16, contentLength);
    putU16(slab, at + 24, headers.length);
    at += 26;
    for (let i = 0; i < headers.length; i++) {
      for (let part = 0; part < 2; part++) {
        const text = headers[i][part];
        putU16(slab, at, text.length);
        putText(slab, at + 2, text);
        at += 2 + text.length;
      }
    }
    this.#at = at;
  }

  #putEnd(stream, outcome, { ranMs, cpuMicros, peakKiB }) {
    putHeader(this.#slab, this.#at, TYPES.end, stream, END_BYTES);
    putU16(this.#slab, this.#at + 12, outcome);
    putU16(this.#slab, this.#at + 14, ranMs === 0 ? 0 : Math.min(Math.max(Math.trunc(ranMs * 1000), 1), RUN_MICROS_MAX));
    putU32(this.#slab, this.#at + 16, cpuMicros);
    putU32(this.#slab, this.#at + 20, peakKiB);
    this.#at += HEADER + END_BYTES;
  }
}

/** Names and values are ASCII (results.js sees to it), so characters are bytes. */
function sizeOfHead(headers) {
  let size = 14;
  for (let i = 0; i < headers.length; i++) size += 4 + headers[i][0].length + headers[i][1].length;
  if (size > PAYLOAD_MAX) throw new HeadTooLarge('the headers are larger than 1 MiB');
  return size;
}

/** Writes text as UTF-8; its bytes. */
function putText(buffer, at, text) {
  const { length } = text;
  if (length > SHORT) return buffer.write(text, at);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return buffer.write(text, at);
    buffer[at + i] = code;
  }
  return length;
}

/** Whether a body surely fits into one frame. Long texts are counted in bytes by whoever has made them bytes. */
const isShort = (body) => body.length <= (typeof body === 'string' ? TEXT_MAX : BODY_PIECE_MAX);

module.exports = { FrameWriter, HeadTooLarge, OUTCOMES, isShort };
