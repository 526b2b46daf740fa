// What it is told of the trace that it runs in.
exports.handler = async (event, context) => ({ header: event.headers?.traceparent ?? null, context: context.traceparent });
