exports.handler = async (event, context) => {
  await null;   // What is written after an await still belongs to this invocation.
  console.log("to stdout from", context.awsRequestId);
  console.error("to stderr from", context.awsRequestId);
  return "logged";
};
