'use strict';
// Runs a throwaway function through the whole path, so that nothing is compiled or loaded when the first real one comes.
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const frames = require('./frames');
const { Output } = require('./logs');
const { Worker } = require('./worker');

// Loaded because functions load them.
for (const name of ['assert', 'buffer', 'child_process', 'crypto', 'dns', 'events', 'fs/promises', 'http', 'https', 'os', 'querystring', 'readline',
  'stream', 'stream/promises', 'string_decoder', 'timers/promises', 'tls', 'url', 'util', 'zlib']) require(`node:${name}`);

const BODY = `
  const digest = createHash('sha256').update(JSON.stringify(JSON.parse(event?.body ?? '{}'))).digest('base64');
  console.log('throwaway', context.getRemainingTimeInMillis());
  if (event === null) throw new Error('throwaway');
  if (event.rawPath === '/stream') return (async function* () { yield { statusCode: 200 }; yield digest; yield { a: 1 }; })();
  return { statusCode: 201, headers: { 'x-a': 'b' }, body: JSON.stringify({ digest, at: new Date().toISOString(), buffer: Buffer.from(digest).toString('hex') }) };
`;
const FILES = {
  'common.js': `const { createHash } = require('crypto');\nexports.handler = async (event, context) => {${BODY}};\n`,
  'modern.mjs': `import { createHash } from 'node:crypto';\nexport async function handler(event, context) {${BODY}}\n`,
};

/** Specializes workers of its own, in this process, over a socket of its own; nothing of it stays but compiled code. */
async function run(output) {
  let folder;
  const environment = { ...process.env };
  const directory = process.cwd();
  try {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faas-'));
  } catch {
    return;   // nothing is writable here; the first function will be slower, and that is all
  }
  try {
    for (const [file, source] of Object.entries(FILES)) {
      fs.writeFileSync(path.join(folder, file), source);
      await exchange(output, folder, `${path.parse(file).name}.handler`);
    }
  } finally {
    process.chdir(directory);
    for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
    for (const file of Object.keys(require.cache)) if (file.startsWith(folder)) delete require.cache[file];
    fs.rmSync(folder, { recursive: true, force: true });
    output.outbox.clear();
  }
}

async function exchange(output, folder, handler) {
  const inner = new Output();   // a warmed-up outbox of its own, so that nothing is sent in the real one's name
  const worker = new Worker(folder, '00', inner);
  const socketFile = path.join(folder, 's');
  const server = net.createServer((socket) => worker.accept(socket));
  await new Promise((resolve) => server.listen(socketFile, resolve));
  const control = await dial(socketFile, 1, '00');
  const message = { function: 'throwaway', revision: '0', instance: '0', kind: 'handler', handler, memoryMiB: 0, timeoutMs: 1000, concurrency: 1, env: {} };
  await call(control, frames.jsonFrame(frames.TYPES.specialize, 0, message), frames.TYPES.specialized);
  const shared = await dial(socketFile, 3, '');
  const data = await dial(socketFile, 2, '');
  for (let round = 0; round < 3; round++) {
    for (const connection of [shared, data]) {
      await call(connection, request('/', 0, '{"a":[1,2]}'), frames.TYPES.end);
      await call(connection, request('/', 1, 'null'), frames.TYPES.end);
    }
    await call(data, request('/stream', 0, '{}'), frames.TYPES.end);
  }
  await call(shared, request('/stream', 0, '{}'), frames.TYPES.move);
  const moved = await dial(socketFile, 2, '');
  await call(moved, frames.frame(frames.TYPES.take, 1, Buffer.alloc(0)), frames.TYPES.end);
  for (const socket of [control, shared, data, moved]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

function dial(file, role, token) {
  const hello = Buffer.alloc(4 + token.length);
  hello[0] = 1;
  hello[1] = role;
  frames.writeText(hello, 2, token);
  return new Promise((resolve, reject) => {
    const socket = net.connect(file, () => {
      socket.write(frames.frame(frames.TYPES.hello, 0, hello));
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function call(socket, bytes, until) {
  const reader = new frames.FrameReader();
  return new Promise((resolve, reject) => {
    const onData = (chunk) => {
      reader.push(chunk);
      while (reader.next()) {
        if (reader.type !== until) continue;
        socket.off('data', onData).off('close', reject);
        resolve();
      }
    };
    socket.on('data', onData).on('close', reject);
    socket.write(bytes);
  });
}

function request(target, kind, body) {
  const head = Buffer.alloc(512);
  head[0] = kind;
  head.writeUInt32LE(1000, 4);
  head.writeBigInt64LE(BigInt(body.length), 8);
  let at = 24;
  for (const text of ['throwaway', 'POST', target, 'b=c', '127.0.0.1']) at = frames.writeText(head, at, text);
  at = head.writeUInt16LE(1, at);
  at = frames.writeText(head, frames.writeText(head, at, 'content-type'), 'application/json');
  const data = frames.frame(frames.TYPES.requestBody, 1, Buffer.from(body));
  data[5] = frames.END_OF_BODY;
  return Buffer.concat([frames.frame(frames.TYPES.request, 1, head.subarray(0, at)), data]);
}

module.exports = { run };
