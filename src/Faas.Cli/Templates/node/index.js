// A Node handler, with AWS Lambda's signature. Over HTTP the event is Lambda's function-URL event (payload 2.0);
// `faas invoke` and `POST /v1/functions/NAME/invocations` pass their JSON as it is.
exports.handler = async (event, context) => {
  const input = event.requestContext ? JSON.parse(event.body || '{}') : event;
  return { message: `Hello, ${input.name ?? 'world'}!` };
};
