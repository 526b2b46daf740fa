'use strict';

/** Invocations whose answer waits for a data connection: between Move on a shared connection and Take. */
class Moves {
  #waiting = new Map();   // stream -> { invocation, resolve }

  /** Ends with the data connection, or with null when it is not going to come. */
  wait(invocation) {
    return new Promise((resolve) => { this.#waiting.set(invocation.stream, { invocation, resolve }); });
  }

  /** The invocation goes on over `line`. Null when none of this number waits. */
  take(stream, line) {
    const move = this.#waiting.get(stream);
    if (move === undefined) return null;
    this.#waiting.delete(stream);
    move.invocation.line.release(move.invocation);
    move.invocation.line = line;
    move.resolve(line);
    return move.invocation;
  }

  /** From here on a Take for this number meets nothing. */
  giveUp(stream) {
    const move = this.#waiting.get(stream);
    this.#waiting.delete(stream);
    move?.resolve(null);
  }
}

module.exports = { Moves };
