'use strict';
// Long answers and streams, over a data connection that does nothing else meanwhile.
const results = require('./results');
const { InvocationFailed } = require('./failures');

const LAST_PIECE = 4 * 1024;   // bytes; a body that comes here is longer
const TURN_AFTER = 32;   // items of a stream

/** An answer whose body is longer than one frame. A last small piece stays in the writer and leaves with the End: who reads it has what End tells, too. */
async function sendWhole(data, { stream }, { status, headers, body }) {
  data.writer.head(stream, status, body.length, headers);
  await data.send(body.subarray(0, body.length - LAST_PIECE), stream);
  data.writer.body(stream, body.subarray(body.length - LAST_PIECE));
}

/** Each item as it is made. */
async function sendItems(data, invocation, items) {
  const { stream } = invocation;
  let hasHead = false;
  let count = 0;
  for await (const item of items) {
    // Neither a generator that never waits nor a socket that takes everything lets the event loop run: Cancel and all else would wait.
    if (++count % TURN_AFTER === 0) await new Promise(setImmediate);
    if (data.isClosed) invocation.cancel(2);
    // Leaving the loop closes the iterable, so a generator that never looks at the signal stops too.
    if (invocation.reason) throw new InvocationFailed('Unhandled', 'InvocationCancelled', invocation.reason);
    let bytes;
    if (!hasHead && results.isHead(item)) {
      const answer = results.fromResponse(item, results.TEXT_TYPE);
      data.writer.head(stream, answer.status, -1, answer.headers);
      bytes = Buffer.from(answer.body);
    } else {
      bytes = results.piece(item);
      if (!hasHead) data.writer.head(stream, 200, -1, results.TEXT_TYPE);
    }
    if (!hasHead || bytes.length > 0) await data.send(bytes, stream);
    hasHead = true;
  }
  if (!hasHead) data.writer.head(stream, 200, -1, results.TEXT_TYPE);   // leaves together with End
}

/** For a stream that nobody is going to read: what it holds is let go, as leaving a loop over it would. */
async function abandon(items) {
  try {
    if (typeof items.return === 'function') await items.return();
    else items.destroy?.();
  } catch {
    // Its caller is gone, and that is what is reported.
  }
}

/** Async iterables, and iterators as generators are; arrays, strings and maps are values. */
const isStream = (value) => typeof value === 'object' && value !== null
  && (typeof value[Symbol.asyncIterator] === 'function' || (typeof value[Symbol.iterator] === 'function' && typeof value.next === 'function'));

module.exports = { isStream, sendWhole, sendItems, abandon };
