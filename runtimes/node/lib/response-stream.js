'use strict';
// AWS Lambda's response streaming: `exports.handler = awslambda.streamifyResponse(async (event, responseStream, context) => ...)`.
const { PassThrough } = require('node:stream');

const MARK = Symbol('faas.streaming');
const HEAD = Symbol('faas.head');

/** The function that runs a handler wrapped by streamifyResponse and gives what it writes as an async iterable; else undefined. */
const streamingOf = (handler) => handler[MARK];

function streamifyResponse(handler) {
  const wrapped = () => { throw new Error('a streaming handler is called by the platform only'); };
  wrapped[MARK] = (event, context) => items(handler, event, context);
  return wrapped;
}

async function* items(handler, event, context) {
  const stream = new PassThrough();
  stream.setContentType = (type) => { stream[HEAD] = { statusCode: 200, headers: { 'content-type': type } }; };
  const running = (async () => handler(event, stream, context))().then(() => stream.end(), (e) => stream.destroy(e));
  let isFirst = true;
  for await (const chunk of stream) {
    if (isFirst) yield stream[HEAD] ?? { statusCode: 200, headers: { 'content-type': 'application/octet-stream' } };
    isFirst = false;
    yield chunk;
  }
  if (isFirst) yield stream[HEAD] ?? { statusCode: 200 };
  await running;
}

const HttpResponseStream = {
  from(stream, head) {
    stream[HEAD] = { statusCode: 200, ...head };
    return stream;
  },
};

const install = () => { globalThis.awslambda = { streamifyResponse, HttpResponseStream }; };

module.exports = { streamingOf, install };
