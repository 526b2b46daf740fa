'use strict';
// One run of the handler: how it is called, how it settles, how it is asked to stop.
const { Context } = require('./context');
const { Partials, current } = require('./logs');
const { streamingOf } = require('./response-stream');

const REASONS = { 1: 'its timeout ran out', 2: 'its caller went away' };

class Invocation {
  #controller = null;
  #reason = 0;
  #outcome = null;      // { error, value } of the callback style
  #waiting = null;      // { resolve, reject } of who waits for it

  /** `line` is the connection that gets the answer; it changes when the answer is moved. `home` is the one that the request came over. */
  constructor(line, stream, request, startedMs) {
    this.line = this.home = line;
    this.stream = stream;
    this.request = request;
    this.startedMs = startedMs;
    this.owner = new Partials(request.id);
    this.metered = 0;   // as the meter began with it
  }

  /** Ends its metering: { ranMs, cpuMicros, peakKiB }. */
  used(meter) {
    const nowMs = performance.now();
    const ranMs = nowMs - this.startedMs;
    const cpuMicros = meter.end(this.metered, ranMs, nowMs);
    return { ranMs, cpuMicros, peakKiB: meter.peakKiB };
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
    if (this.#outcome !== null) return;
    const failed = error !== null && error !== undefined;
    this.#outcome = { error: !failed || error instanceof Error ? error : Object.assign(new Error(String(error)), { name: 'Error' }), value };
    if (this.#waiting === null) return;
    if (failed) this.#waiting.reject(this.#outcome.error);
    else this.#waiting.resolve(value);
  }

  /** Calls the handler; gives what it answers, or a promise of it, whichever way it does. */
  call(fn, event) {
    const context = new Context(fn, this.request, this);
    const { handler } = fn;
    const streaming = streamingOf(handler);
    if (streaming) return streaming(event, context);
    const takesCallback = handler.length >= 3;
    const value = handler(event, context, (error, result) => this.settle(error, result));
    // As on Lambda, a promise counts first and a callback second. What else an ordinary function returns is its answer, unless it takes a callback.
    return typeof value?.then === 'function' || !(this.#outcome !== null || takesCallback) ? value : this.#settled();
  }

  #settled() {
    return new Promise((resolve, reject) => {
      if (this.#outcome === null) this.#waiting = { resolve, reject };
      else if (this.#outcome.error !== null && this.#outcome.error !== undefined) reject(this.#outcome.error);
      else resolve(this.#outcome.value);
    });
  }

  #abort() {
    const error = new DOMException(this.reason, this.#reason === 1 ? 'TimeoutError' : 'AbortError');
    current.run(this.owner, () => this.#controller.abort(error));   // listeners log in the invocation's name
  }
}

module.exports = { Invocation };
