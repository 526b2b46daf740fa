'use strict';
// Requests to events: AWS Lambda's function-URL event, payload version 2.0.
const { isUtf8 } = require('node:buffer');
const { setJoined } = require('./heads');

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TEXT_TYPES = new Set(['application/json', 'application/xml', 'application/javascript', 'application/ecmascript', 'application/x-javascript', 'application/x-www-form-urlencoded']);

/** The body of an event is not what an event must be. */
class BadEvent extends Error {}

/** kind 1: the body is the event. No body is null. */
function rawEvent(body) {
  if (body.length === 0) return null;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (e) {
    throw new BadEvent(`the event is not JSON: ${e.message}`);
  }
}

function httpEvent(request, body, functionName) {
  const { headers, cookies } = request;
  const host = headers.host ?? '';
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath: request.path,
    rawQueryString: request.query,
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: functionName,
      domainName: host,
      domainPrefix: host,
      requestId: request.id,
      routeKey: '$default',
      stage: '$default',
      http: { method: request.method, path: request.path, protocol: 'HTTP/1.1', sourceIp: request.remote, userAgent: headers['user-agent'] ?? '' },
      time: timeOf(request.receivedMs),
      timeEpoch: request.receivedMs,
    },
    isBase64Encoded: false,
  };
  if (cookies !== null && cookies.length > 0) event.cookies = cookies;
  if (request.query !== '') event.queryStringParameters = queryParameters(request.query);
  if (body.length > 0) {
    const isText = isTextType(headers['content-type'] ?? '') && isUtf8(body);
    event.body = body.toString(isText ? 'utf8' : 'base64');
    event.isBase64Encoded = !isText;
  }
  return event;
}

function queryParameters(query) {
  const parameters = {};
  for (const [name, value] of new URLSearchParams(query)) setJoined(parameters, name, value);
  return parameters;
}

function isTextType(contentType) {
  const media = contentType.split(';', 1)[0].trim().toLowerCase();
  return TEXT_TYPES.has(media) || media.startsWith('text/') || media.endsWith('+json') || media.endsWith('+xml');
}

let lastSecond = -1;
let lastTime = '';

/** Many requests come within one second, and formatting a time costs as much as all the rest of an event. */
function timeOf(unixMs) {
  const second = Math.floor(unixMs / 1000);
  if (second !== lastSecond) {
    lastTime = clfTime(unixMs);
    lastSecond = second;
  }
  return lastTime;
}

function clfTime(unixMs) {
  const t = new Date(unixMs);
  const two = (n) => String(n).padStart(2, '0');
  return `${two(t.getUTCDate())}/${MONTHS[t.getUTCMonth()]}/${t.getUTCFullYear()}:${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())} +0000`;
}

module.exports = { BadEvent, rawEvent, httpEvent };
