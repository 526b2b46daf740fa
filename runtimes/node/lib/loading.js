'use strict';
// Finding and loading a handler, and saying precisely why it could not be.
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { inspect } = require('node:util');
const { spawnSync } = require('node:child_process');
const failures = require('./failures');

const EXTENSIONS = ['.js', '.mjs', '.cjs'];
const FILES = ['index', 'handler', 'main', 'app', 'function'];

class LoadError extends Error {
  constructor(error, message, trace = []) {
    super(message);
    this.error = error;
    this.trace = trace;
  }
}

/** The function named by file.function or dir/file.function; without a name the usual ones are tried. */
async function load(handler, code) {
  const { file, name } = find(handler, code);
  const exported = await importFile(file, code);
  const found = pick(exported, name);
  if (typeof found === 'function') return found;
  const names = [...new Set([...Object.keys(exported ?? {}), ...Object.keys(exported?.default ?? {})])].filter((n) => n !== 'default' && n !== 'module.exports');
  throw new LoadError('HandlerNotFound', `${path.relative(code, file)} has no function ${name}; it has: ${names.join(', ') || 'none'}`);
}

/** Named exports of either kind of module, a function inside an exported object (`a.b`), and for `handler` a function exported as the module itself. */
function pick(exported, name) {
  for (const from of [exported, exported?.default]) {
    const found = name.split('.').reduce((at, part) => at?.[part], from);
    if (typeof found === 'function') return found;
  }
  return name === 'handler' ? [exported, exported?.default].find((e) => typeof e === 'function') : undefined;
}

function find(handler, code) {
  if (!handler) {
    const file = FILES.map((f) => existing(path.join(code, f))).find(Boolean);
    if (!file) throw new LoadError('HandlerNotFound', `no handler is configured, and there is none of ${FILES.join('.js, ')}.js`);
    return { file, name: 'handler' };
  }
  const directory = path.dirname(handler);
  const [module, ...names] = path.basename(handler).split('.');
  const start = path.resolve(code, directory, module);
  if (module === '' || names.length === 0 || names.includes('') || !start.startsWith(code + path.sep)) {
    throw new LoadError('HandlerNotFound', `the handler '${handler}' is not of the form file.function`);
  }
  const file = existing(start);
  if (!file) throw new LoadError('HandlerNotFound', `there is no ${path.relative(code, start)}.js, .mjs or .cjs in the function's code`);
  return { file, name: names.join('.') };
}

const existing = (start) => EXTENSIONS.map((e) => start + e).find((f) => fs.existsSync(f));

async function importFile(file, code) {
  try {
    if (file.endsWith('.mjs') || (file.endsWith('.js') && isModule(path.dirname(file), code))) return await import(pathToFileURL(file).href);
    return await requireOrImport(file);
  } catch (e) {
    throw explain(e, file, code);
  }
}

function requireOrImport(file) {
  try {
    return require(file);
  } catch (e) {
    // Node 18 takes no ES module here, newer ones none with a top-level await.
    if (e?.code !== 'ERR_REQUIRE_ESM' && e?.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw e;
    return import(pathToFileURL(file).href);
  }
}

/** Whether the nearest package.json says "type": "module". */
function isModule(directory, code) {
  for (let at = directory; at.startsWith(code); at = path.dirname(at)) {
    let text;
    try {
      text = fs.readFileSync(path.join(at, 'package.json'), 'utf8');
    } catch {
      continue;
    }
    return JSON.parse(text).type === 'module';
  }
  return false;
}

function explain(error, file, code) {
  const { errorType, message } = failures.describe(error);
  const trace = failures.trace(error, code);
  if (error instanceof SyntaxError) return syntaxError(error, file, code);
  if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
    const wanted = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1] ?? message;
    const importer = error.requireStack?.[0] ?? /imported from (.+)$/m.exec(message)?.[1] ?? file;
    const advice = /^[./]/.test(wanted) ? 'is it in the bundle?' : 'list its package in package.json';
    return new LoadError('LoadFailed', `the module '${failures.relative(wanted, code)}' was not found, imported by ${failures.relative(importer, code)}: ${advice}`, trace);
  }
  return new LoadError('InitFailed', `${errorType}: ${message}`, trace);
}

function syntaxError(error, file, code) {
  const [where, source] = placeOf(inspect(error)) ?? placeOf(checked(file)) ?? [file, ''];
  const hint = /Cannot use import statement outside a module|Unexpected token 'export'/.test(error.message)
    ? ' (an ES module needs the extension .mjs, or "type": "module" in package.json)' : '';
  const place = failures.relative(where, code);
  return new LoadError('LoadFailed', `${place}: SyntaxError: ${error.message}${hint}`, [`${place}: ${source}`]);
}

/** For a syntax error Node prints "file:line" and the source line first. */
function placeOf(text) {
  const [first, source = ''] = text.split('\n');
  const where = /^(?:file:\/\/)?(\/.*:\d+)$/.exec(first)?.[1];
  return where && [where, source.trim()];
}

/** The error of an ES module does not tell its line; checking the file once more in a process of its own does. */
const checked = (file) => spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 5000 }).stderr ?? '';

module.exports = { load, LoadError };
