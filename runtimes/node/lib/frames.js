'use strict';
// Frames: 12 bytes of header (length u32, type u8, flags u8, reserved u16, stream u32; little-endian) and a payload.

const HEADER = 12;
const PAYLOAD_MAX = 1 << 20;
const BODY_PIECE_MAX = 64 * 1024;
const END_OF_BODY = 1;

const TYPES = Object.freeze({
  hello: 0x01, specialize: 0x10, specialized: 0x11, log: 0x12, shutdown: 0x13,
  request: 0x20, requestBody: 0x21, cancel: 0x23, response: 0x30, responseBody: 0x31, end: 0x32, failure: 0x33,
});

/** The peer broke the protocol; its connection cannot be used any more. */
class ProtocolError extends Error {}

function writeHeader(buffer, at, type, stream, length) {
  buffer.writeUInt32LE(8 + length, at);
  buffer[at + 4] = type;
  buffer[at + 5] = buffer[at + 6] = buffer[at + 7] = 0;
  buffer.writeUInt32LE(stream, at + 8);
}

function frame(type, stream, payload) {
  const buffer = Buffer.allocUnsafe(HEADER + payload.length);
  writeHeader(buffer, 0, type, stream, payload.length);
  payload.copy(buffer, HEADER);
  return buffer;
}

const jsonFrame = (type, stream, value) => frame(type, stream, Buffer.from(JSON.stringify(value)));

function writeText(buffer, at, text) {
  const length = buffer.write(text, at + 2, 'utf8');
  buffer.writeUInt16LE(length, at);
  return at + 2 + length;
}

/** A Response frame; throws a RangeError when the head is too large for one. */
function response(stream, status, contentLength, headers) {
  let size = 14;
  for (const [name, value] of headers) size += 4 + Buffer.byteLength(name) + Buffer.byteLength(value);
  if (size > PAYLOAD_MAX) throw new RangeError('the headers are larger than 1 MiB');
  const buffer = Buffer.allocUnsafe(HEADER + size);
  writeHeader(buffer, 0, TYPES.response, stream, size);
  buffer.writeUInt16LE(status, 12);
  buffer.writeUInt16LE(0, 14);
  buffer.writeBigInt64LE(BigInt(contentLength), 16);
  buffer.writeUInt16LE(headers.length, 24);
  let at = 26;
  for (const [name, value] of headers) at = writeText(buffer, writeText(buffer, at, name), value);
  return buffer;
}

/** Body frames for any amount of bytes, at most 64 KiB each, as buffers to be written one after the other. */
function body(stream, data) {
  const parts = [];
  for (let start = 0; start < data.length; start += BODY_PIECE_MAX) {
    const piece = data.subarray(start, start + BODY_PIECE_MAX);
    const header = Buffer.allocUnsafe(HEADER);
    writeHeader(header, 0, TYPES.responseBody, stream, piece.length);
    parts.push(header, piece);
  }
  return parts;
}

function end(stream, failed, cpuMicros) {
  const buffer = Buffer.allocUnsafe(HEADER + 8);
  writeHeader(buffer, 0, TYPES.end, stream, 8);
  buffer.writeUInt32LE(failed ? 1 : 0, 12);
  buffer.writeUInt32LE(Math.min(cpuMicros, 0xffffffff), 16);
  return buffer;
}

function log(unixMs, channel, invocationId, text) {
  const size = 11 + Buffer.byteLength(invocationId) + text.length;
  const buffer = Buffer.allocUnsafe(HEADER + size);
  writeHeader(buffer, 0, TYPES.log, 0, size);
  buffer.writeBigInt64LE(BigInt(unixMs), 12);
  buffer[20] = channel;
  text.copy(buffer, writeText(buffer, 21, invocationId));
  return buffer;
}

/** Reads a payload front to back; every read past the end is a ProtocolError. */
class PayloadReader {
  constructor(payload) {
    this.payload = payload;
    this.at = 0;
  }

  skip(count) {
    const start = this.at;
    this.at += count;
    if (this.at > this.payload.length) throw new ProtocolError('a payload ended too early');
    return start;
  }

  u8() { return this.payload[this.skip(1)]; }

  u16() { return this.payload.readUInt16LE(this.skip(2)); }

  u32() { return this.payload.readUInt32LE(this.skip(4)); }

  i64() { return Number(this.payload.readBigInt64LE(this.skip(8))); }

  text() {
    const length = this.u16();
    const start = this.skip(length);
    return this.payload.toString('utf8', start, this.at);
  }
}

function readRequest(payload) {
  const reader = new PayloadReader(payload);
  const request = { kind: reader.u8(), isHttps: reader.u8() === 1 };
  if (request.kind > 1) throw new ProtocolError('unknown kind of Request');
  reader.u16();
  request.timeoutMs = reader.u32();
  request.contentLength = reader.i64();
  request.receivedMs = reader.i64();
  for (const name of ['id', 'method', 'path', 'query', 'remote']) request[name] = reader.text();
  request.headers = [];
  for (let left = reader.u16(); left > 0; left--) request.headers.push([reader.text(), reader.text()]);
  return request;
}

function readHello(payload) {
  const reader = new PayloadReader(payload);
  const version = reader.u8();
  const role = reader.u8();
  if (version !== 1 || (role !== 1 && role !== 2)) throw new ProtocolError('not a Hello of version 1');
  return { role, token: reader.text() };
}

/** Cuts what a socket delivers into frames. Payloads are views of the received buffers wherever they came whole. */
class FrameReader {
  constructor() {
    this.chunks = [];
    this.size = 0;
  }

  push(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The next complete frame, or null. */
  next() {
    if (this.size < HEADER) return null;
    const start = this.view(HEADER);
    const length = start.readUInt32LE(0);
    if (length < 8 || length > 8 + PAYLOAD_MAX) throw new ProtocolError('impossible length of a frame');
    if (this.size < 4 + length) return null;
    const whole = this.view(4 + length);
    const rest = this.chunks[0].subarray(4 + length);
    if (rest.length > 0) this.chunks[0] = rest; else this.chunks.shift();
    this.size -= 4 + length;
    return { type: whole[4], flags: whole[5], stream: whole.readUInt32LE(8), payload: whole.subarray(HEADER, 4 + length) };
  }

  /** The first bytes as one buffer; joins chunks only when they are not in one already. */
  view(count) {
    if (this.chunks[0].length < count) {
      let joined = 0;
      let used = 0;
      while (joined < count) joined += this.chunks[used++].length;
      this.chunks.splice(0, used, Buffer.concat(this.chunks.slice(0, used), joined));
    }
    return this.chunks[0];
  }
}

module.exports = { TYPES, END_OF_BODY, ProtocolError, FrameReader, frame, jsonFrame, response, body, end, log, readRequest, readHello, writeText };
