'use strict';

/** The second argument of a handler: AWS Lambda's context object, an AbortSignal, the deadline in ms since 1970, and the invocation's traceparent (null when it has none). */
class Context {
  #ends;
  #invocation;

  constructor(fn, request, invocation) {
    this.#ends = invocation.startedMs + request.timeoutMs;
    this.#invocation = invocation;
    this.awsRequestId = request.id;
    this.functionName = fn.name;
    this.functionVersion = fn.revision;
    this.memoryLimitInMB = fn.memoryText;
    this.invokedFunctionArn = fn.arn;
    this.logGroupName = fn.logGroup;
    this.logStreamName = fn.instance;
    this.traceparent = request.headers.traceparent ?? null;
    this.deadlineMs = Date.now() + request.timeoutMs;
    // Accepted for Lambda's sake. An answer leaves as soon as it is given; what is still going on then goes on.
    this.callbackWaitsForEmptyEventLoop = false;
  }

  /** Aborted when the invocation's timeout runs out or its caller goes away. */
  get signal() { return this.#invocation.signal; }

  getRemainingTimeInMillis() { return Math.max(0, Math.floor(this.#ends - performance.now())); }

  done(error, value) { this.#invocation.settle(error, value); }

  succeed(value) { this.#invocation.settle(null, value); }

  fail(error) { this.#invocation.settle(error ?? new Error('the function failed'), undefined); }
}

module.exports = { Context };
