// Answers only when as many invocations as the caller wants are in flight in this instance at the same time.
let waiting = [];

exports.handler = async (event) => {
  const wanted = Number(event.queryStringParameters.wanted);
  await new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length >= wanted) {
      waiting.forEach((go) => go());
      waiting = [];
    }
  });
  return process.env.FAAS_INSTANCE;
};
