'use strict';
// The start: listen, run a throwaway function, say ready, then wait for what the controller sends.
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const failures = require('./failures');
const { Output, current } = require('./logs');
const { Worker } = require('./worker');
const responseStream = require('./response-stream');
const warmup = require('./warmup');

async function run() {
  const { FAAS_DIR: directory, FAAS_CODE: code, FAAS_TOKEN: token } = process.env;
  delete process.env.FAAS_TOKEN;
  const output = new Output();
  const worker = new Worker(path.resolve(code), token, output);
  takeSignals(worker);
  await listen(path.join(directory, 'worker.sock'), worker);
  output.install();
  responseStream.install();
  await warmup.run(output);
  takeCrashes(output, worker);
  sayReady(path.join(directory, 'ready.sock'), token);
}

async function listen(file, worker) {
  process.umask(0);
  fs.rmSync(file, { force: true });
  const server = net.createServer((socket) => worker.accept(socket));
  // Without files left Node closes what it accepts, so the peer sees a closed connection rather than silence.
  server.on('error', (e) => worker.output.error(`the worker's socket failed: ${e.message}`));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: file, backlog: 128 }, resolve);
  });
  process.umask(0o022);
}

function takeSignals(worker) {
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => worker.drain());
}

/** Errors that no handler caught end the instance: its state cannot be trusted any more. */
function takeCrashes(output, worker) {
  process.on('uncaughtException', (error, origin) => {
    output.error(`${origin === 'unhandledRejection' ? 'Unhandled rejection' : 'Uncaught exception'}: ${failures.formatted(error)}`, current.getStore());
    process.exit(1);
  });
  process.on('exit', () => {
    // Writes to unix sockets are tried at once, so what fits into the socket still leaves.
    worker.flush();
    output.endLines();
    output.outbox.pump(true);
  });
}

function sayReady(file, token) {
  const dialled = net.connect(file, () => dialled.end(`${token}\n`));
  let isConnected = false;
  dialled.once('connect', () => { isConnected = true; });
  dialled.on('error', (e) => {
    if (isConnected) return;
    fs.writeSync(2, `faas worker: nobody listens on ready.sock: ${e.message}\n`);
    process.exit(1);
  });
}

module.exports = { run };
