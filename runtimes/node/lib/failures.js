'use strict';
// Errors as the platform and the log show them: the function's own frames, without the worker's.
const path = require('node:path');

const ROOT = path.dirname(__dirname) + path.sep;
const MESSAGE_MAX = 8192;
const FRAMES_MAX = 50;

/** A failure that is an answer as it is: it becomes a Failure frame. */
class InvocationFailed extends Error {
  constructor(kind, errorType, message, trace = []) {
    super(message);
    this.failure = { kind, errorType, message, trace };
  }
}

/** A handler may throw anything, objects with hostile getters included; describing it must not throw. */
function describe(error) {
  try {
    if (error instanceof Error || (typeof error === 'object' && error !== null && typeof error.message === 'string')) {
      return { errorType: String(error.name || error.constructor?.name || 'Error'), message: String(error.message).slice(0, MESSAGE_MAX) };
    }
    return { errorType: typeof error, message: String(typeof error === 'object' ? JSON.stringify(error) : error).slice(0, MESSAGE_MAX) };
  } catch {
    return { errorType: typeof error, message: '(what was thrown cannot be shown)' };
  }
}

/** Frames of the function, innermost first, as `file:line:column in name`. */
function trace(error, code) {
  const lines = [];
  for (const line of ownFrames(error)) {
    const match = /^\s*at (?:(.*?) \()?(?:file:\/\/)?(.*?)\)?$/.exec(line);
    if (match && lines.length < FRAMES_MAX) lines.push(`${relative(match[2], code)}${match[1] ? ` in ${match[1]}` : ''}`);
  }
  return lines;
}

/** The error as Node would print it, causes included, without the worker's frames. */
function formatted(error) {
  try {
    const stack = typeof error?.stack === 'string' ? error.stack : null;
    if (stack === null) {
      const { errorType, message } = describe(error);
      return `Thrown: ${errorType}: ${message}`;
    }
    const head = stack.split('\n').filter((l) => !/^\s+at /.test(l));
    const cause = error.cause instanceof Error ? `\nCaused by: ${formatted(error.cause)}` : '';
    return [...head, ...ownFrames(error)].join('\n') + cause;
  } catch {
    return 'Thrown: (what was thrown cannot be shown)';
  }
}

function ownFrames(error) {
  let stack;
  try {
    stack = error?.stack;
  } catch {
    return [];
  }
  return typeof stack === 'string' ? stack.split('\n').filter((l) => /^\s+at /.test(l) && !l.includes(ROOT) && !/[( ]node:/.test(l)) : [];
}

const relative = (file, code) => (file.startsWith(code + path.sep) ? file.slice(code.length + 1) : file);

module.exports = { InvocationFailed, describe, trace, formatted, relative };
