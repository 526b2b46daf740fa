'use strict';
// One run of the handler: how it is called, how it settles, how it is asked to stop.
const { Context } = require('./context');
const { current } = require('./logs');
const { streamingOf } = require('./response-stream');

const REASONS = { 1: 'its timeout ran out', 2: 'its caller went away' };

class Invocation {
  #controller = null;
  #reason = 0;

  constructor(stream, owner) {
    this.stream = stream;
    this.owner = owner;
    this.settled = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Made on demand: most handlers never look at it. */
  get signal() {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== 0) this.#abort();
    }
    return this.#controller.signal;
  }

  /** Why it was cancelled, in words; null when it was not. */
  get reason() { return this.#reason === 0 ? null : `the invocation was cancelled: ${REASONS[this.#reason] ?? this.#reason}`; }

  cancel(reason) {
    if (this.#reason !== 0) return;
    this.#reason = reason || 1;
    if (this.#controller !== null) this.#abort();
  }

  /** Node's callback style: settles the invocation unless it is settled already. */
  settle(error, value) {
    if (error !== null && error !== undefined) this.reject(error instanceof Error ? error : Object.assign(new Error(String(error)), { name: 'Error' }));
    else this.resolve(value);
    this.isSettled = true;
  }

  /** Calls the handler; the promise is of what it answers, whichever way it does. */
  call(fn, event, request) {
    const context = new Context(fn, request, this);
    const { handler } = fn;
    const streaming = streamingOf(handler);
    if (streaming) return streaming(event, context);
    const takesCallback = handler.length >= 3;
    const value = handler(event, context, (error, result) => this.settle(error, result));
    // As on Lambda, a promise counts first and a callback second. What else an ordinary function returns is its answer, unless it takes a callback.
    return typeof value?.then === 'function' || !(this.isSettled || takesCallback) ? value : this.settled;
  }

  #abort() {
    const error = new DOMException(this.reason, this.#reason === 1 ? 'TimeoutError' : 'AbortError');
    current.run(this.owner, () => this.#controller.abort(error));   // listeners log in the invocation's name
  }
}

module.exports = { Invocation };
