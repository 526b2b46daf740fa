'use strict';
// Results to answers, by Lambda's inference rules.

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const VALUE = /^[\t\x20-\x7e]*$/;
const HOP_BY_HOP = new Set(['content-length', 'transfer-encoding', 'connection']);
const JSON_TYPE = Object.freeze([['content-type', 'application/json']]);
const TEXT_TYPE = Object.freeze([['content-type', 'text/plain; charset=utf-8']]);
const NO_HEADERS = Object.freeze([]);

/** No answer can be made of what the function returned. */
class InvalidResult extends Error {}

function toJson(value) {
  try {
    const text = JSON.stringify(value === undefined ? null : value);
    if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON form`);
    return text;
  } catch (e) {
    throw new InvalidResult(`the result cannot be JSON: ${e.message}`);
  }
}

const isHead = (value) => typeof value === 'object' && value !== null && 'statusCode' in value && value.statusCode !== undefined;

/** What a handler returned for an HTTP request. */
function infer(value) {
  if (isHead(value)) return fromResponse(value, JSON_TYPE);
  return { status: 200, headers: JSON_TYPE, body: typeof value === 'string' ? value : toJson(value) };
}

/** kind 1: whatever it is, as JSON. */
const asJson = (value) => ({ status: 200, headers: JSON_TYPE, body: toJson(value) });

/** What an object with statusCode says. The body is text or bytes. */
function fromResponse(value, defaultType) {
  let headers = headerPairs(value.headers);
  const { cookies } = value;
  if (cookies !== undefined && cookies !== null) headers = headers.concat(cookiePairs(cookies));
  if (headers.length === 0) headers = defaultType;
  else if (!headers.some(([name]) => name === 'content-type')) headers = headers.concat(defaultType);
  return { status: statusOf(value.statusCode), headers, body: bodyOf(value) };
}

/** Bytes of one item of a stream. */
function piece(item) {
  if (typeof item === 'string') return Buffer.from(item);
  if (ArrayBuffer.isView(item)) return Buffer.from(item.buffer, item.byteOffset, item.byteLength);
  if (item instanceof ArrayBuffer) return Buffer.from(item);
  return Buffer.from(`${toJson(item)}\n`);
}

function statusOf(status) {
  const number = typeof status === 'string' && /^\d+$/.test(status) ? Number(status) : status;
  if (!Number.isInteger(number) || number < 200 || number > 599) throw new InvalidResult(`statusCode must be a number from 200 to 599, and was ${show(status)}`);
  return number;
}

function headerPairs(headers) {
  if (headers === undefined || headers === null) return NO_HEADERS;
  if (typeof headers !== 'object' || Array.isArray(headers)) throw new InvalidResult(`headers must be an object, and was ${show(headers)}`);
  const pairs = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name)) throw new InvalidResult(`${show(name)} is not a valid header name`);
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || value === undefined || value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) pairs.push([lower, checked(lower, one)]);
  }
  return pairs;
}

function checked(name, value) {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string' || !VALUE.test(text)) throw new InvalidResult(`the value of header ${name} must be printable ASCII without line breaks, and was ${show(value)}`);
  if (text.length > 65535) throw new InvalidResult(`the value of header ${name} is longer than 65,535 bytes`);
  return text;
}

function cookiePairs(cookies) {
  if (!Array.isArray(cookies)) throw new InvalidResult(`cookies must be an array of strings, and was ${show(cookies)}`);
  return cookies.map((cookie) => ['set-cookie', checked('set-cookie', cookie)]);
}

function bodyOf({ body, isBase64Encoded }) {
  if (body === undefined || body === null) return '';
  if (isBase64Encoded) {
    if (typeof body !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(body) || body.length % 4 !== 0) throw new InvalidResult('isBase64Encoded is true, but the body is not base64');
    return Buffer.from(body, 'base64');
  }
  if (typeof body === 'string') return body;
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return toJson(body);
}

function show(value) {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 100);
  } catch {
    return typeof value;
  }
}

module.exports = { InvalidResult, JSON_TYPE, TEXT_TYPE, infer, asJson, isHead, fromResponse, piece };
