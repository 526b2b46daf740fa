'use strict';
// From a request to what the invocation's line is to send. The same for all lines; a line knows how to send
//   answer(invocation, answer)       a whole answer that fits into one frame, and End,
//   fail(invocation, failure)        Failure and End,
//   outlet(invocation)               a promise of the data connection for what is longer; null when nobody waits for it any more.
const events = require('./events');
const results = require('./results');
const failures = require('./failures');
const { HeadTooLarge, isShort } = require('./frame-writer');
const { current } = require('./logs');
const { isStream, sendWhole, sendItems, abandon } = require('./streaming');

/** Runs the function for one request. What it writes, also later, is logged in the invocation's name. */
const run = (worker, invocation, body) => current.run(invocation.owner, begin, worker, invocation, body);

/** No async function: that would cost a promise for each invocation, and each promise what the log's context costs. */
function begin(worker, invocation, body) {
  try {
    const fn = worker.function;
    if (fn === null) throw new failures.InvocationFailed('Unhandled', 'NotSpecialized', 'this instance has no function');
    const { request } = invocation;
    const event = request.kind === 1 ? events.rawEvent(body) : events.httpEvent(request, body, fn.name);
    const value = invocation.call(fn, event);
    // Promise.resolve gives a native promise as it is, and tames what only looks like one.
    if (typeof value?.then === 'function') Promise.resolve(value).then((v) => complete(worker, invocation, v), (e) => fail(worker, invocation, e));
    else complete(worker, invocation, value);
  } catch (e) {
    fail(worker, invocation, e);
  }
}

function complete(worker, invocation, value) {
  try {
    const isEvent = invocation.request.kind === 1;
    if (isStream(value)) {
      if (isEvent) throw new results.InvalidResult('a stream answers HTTP requests only; return a value for an event');
      atLength(worker, invocation, value, sendItems);
      return;
    }
    const answer = isEvent ? results.asJson(value) : results.infer(value);
    if (typeof answer.body === 'string' && !isShort(answer.body)) answer.body = Buffer.from(answer.body);
    if (!isShort(answer.body)) {
      atLength(worker, invocation, answer, sendWhole);
      return;
    }
    worker.output.endLines(invocation.owner);
    invocation.line.answer(invocation, answer);
  } catch (e) {
    fail(worker, invocation, e);
  }
}

/** What is long goes over a data connection, at the pace of who reads it. */
async function atLength(worker, invocation, what, send) {
  try {
    const data = await invocation.line.outlet(invocation);
    if (data === null) {
      await abandon(what);
      throw new failures.InvocationFailed('Unhandled', 'InvocationCancelled', invocation.reason);
    }
    await send(data, invocation, what);
    worker.output.endLines(invocation.owner);
    data.end(invocation);
  } catch (e) {
    fail(worker, invocation, e);
  }
}

function fail(worker, invocation, error) {
  const failure = failureOf(error, worker, invocation.owner);
  worker.output.endLines(invocation.owner);
  invocation.line.fail(invocation, failure);
}

function failureOf(error, worker, owner) {
  if (error instanceof failures.InvocationFailed) return error.failure;
  if (error instanceof events.BadEvent) return { kind: 'BadEvent', errorType: 'BadEvent', message: error.message, trace: [] };
  if (error instanceof results.InvalidResult || error instanceof HeadTooLarge) {
    return { kind: 'InvalidResult', errorType: 'InvalidResult', message: error.message, trace: [] };
  }
  worker.output.error(failures.formatted(error), owner);
  return { kind: 'Unhandled', ...failures.describe(error), trace: failures.trace(error, worker.function.code) };
}

module.exports = { run };
