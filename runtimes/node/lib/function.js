'use strict';

/** What a stem became: the function's handler and what its context objects repeat. */
class LoadedFunction {
  constructor(handler, code, message) {
    this.handler = handler;
    this.code = code;
    this.name = message.function;
    this.revision = message.revision;
    this.instance = message.instance;
    this.memoryText = String(message.memoryMiB);
    this.arn = `arn:faas:lambda:local:anonymous:function:${message.function}`;
    this.logGroup = `/faas/${message.function}`;
  }
}

/** The function's own variables, and on top of them those that unmodified Lambda handlers read. */
function setEnvironment(message, code) {
  Object.assign(process.env, message.env ?? {}, {
    AWS_LAMBDA_FUNCTION_NAME: message.function,
    AWS_LAMBDA_FUNCTION_VERSION: message.revision,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(message.memoryMiB),
    AWS_LAMBDA_LOG_GROUP_NAME: `/faas/${message.function}`,
    AWS_LAMBDA_LOG_STREAM_NAME: message.instance,
    LAMBDA_TASK_ROOT: code,
    _HANDLER: message.handler ?? '',
    FAAS_FUNCTION: message.function,
    FAAS_REVISION: message.revision,
    FAAS_INSTANCE: message.instance,
  });
}

module.exports = { LoadedFunction, setEnvironment };
