'use strict';
// What invocations use: CPU time and peak memory of the whole process, so that workers and native threads of the function's own count. Invocations that run at the same time share what is
// used meanwhile evenly. To read it is a system call that looks at every thread (3 to 8 us), so invocations of a function that is brief as a rule do not read it: they are charged their
// running time, times the share of it that was CPU time in the last few milliseconds.
const fs = require('node:fs');

const BRIEF_MS = 1;          // what ends within it is charged by its running time
const STALE_MS = 0.5;        // so old may be what is compared with where others run, too: who gets what of it is a convention anyway
const WINDOW_MS = 5;         // so often the share of CPU time in brief invocations is looked at
const WEIGHT = 0.125;        // of one invocation in the usual running time
const SAMPLE_MAX_MS = 10;    // so that one that waited for long does not make a brief function look slow for ever
const CHILDREN_MS = 10;      // the kernel tells what children have used in ticks of 10 ms
const TICK_MICROS = 10000;
const MOST = 0xffffffff;
const UNMEASURED = -1;

class Meter {
  peakKiB = 0;
  #cpu = 0;              // us, at the last reading
  #readMs = 0;
  #each = 0;             // what an invocation that has run for ever would have used, in us; who ends at another value than it began at used the difference
  #running = 0;          // invocations that are measured
  #briefMicros = 0;      // since the last reading, by brief ones
  #briefCharged = 0;
  #rate = 1;             // CPU time of one second of a brief one; at first they are thought to compute
  #usualMs = null;
  #children = 0;         // us, as the kernel told last
  #childrenMs = 0;
  #clearing = null;      // /proc/self/clear_refs; -1 where the kernel does not let it be written

  /** An invocation begins. What is to be given to end(). */
  begin(nowMs) {
    if (this.#usualMs !== null && this.#usualMs < BRIEF_MS / 2) return UNMEASURED;
    if (this.#running === 0) this.#forgetPeak();
    if (this.#running === 0 || nowMs - this.#readMs > STALE_MS) this.#advance(nowMs);
    this.#running++;
    return this.#each;
  }

  /** It has ended after so many ms. Its CPU time in us, at least 1; peakKiB is how much memory the process had meanwhile. */
  end(begun, ranMs, nowMs) {
    this.#usualMs = this.#usualMs === null ? ranMs : this.#usualMs + (Math.min(ranMs, SAMPLE_MAX_MS) - this.#usualMs) * WEIGHT;
    const used = begun === UNMEASURED ? this.#endBrief(ranMs, nowMs) : this.#endMeasured(begun, nowMs);
    return Math.min(Math.max(Math.trunc(used), 1), MOST);
  }

  #endMeasured(begun, nowMs) {
    if (this.#running === 1 || nowMs - this.#readMs > STALE_MS) this.#advance(nowMs);
    this.#running--;
    return this.#each - begun;
  }

  #endBrief(ranMs, nowMs) {
    if (ranMs > BRIEF_MS) {   // for once: it has what is nobody else's since the last reading
      const before = this.#each;
      this.#running++;
      this.#advance(nowMs);
      this.#running--;
      return this.#each - before;
    }
    const used = ranMs * 1000 * this.#rate;
    this.#briefMicros += ranMs * 1000;
    this.#briefCharged += used;
    if (nowMs - this.#readMs > WINDOW_MS) this.#advance(nowMs);
    return used;
  }

  #advance(nowMs) {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const cpu = userCPUTime + systemCPUTime + this.#childrenMicros(nowMs);
    if (this.#running > 0) this.#each += Math.max(0, cpu - this.#cpu - this.#briefCharged) / this.#running;
    else if (this.#briefMicros > 0) this.#rate = Math.min(1, (cpu - this.#cpu) / this.#briefMicros);   // the worker's own work is in it, too; so it is never too little
    this.#briefMicros = this.#briefCharged = 0;
    this.#cpu = cpu;
    this.#readMs = nowMs;
    this.peakKiB = maxRSS;
  }

  /** What children have used that have ended. Node does not tell, so it is read where it can matter: at most once in the time that the kernel counts in. */
  #childrenMicros(nowMs) {
    if (nowMs - this.#childrenMs < CHILDREN_MS) return this.#children;
    this.#childrenMs = nowMs;
    try {
      const stat = fs.readFileSync('/proc/self/stat', 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');   // from the third on; the 16th and 17th are cutime and cstime, see proc(5)
      this.#children = (Number(fields[13]) + Number(fields[14])) * TICK_MICROS;
    } catch {
      // There is no /proc: children cost nothing.
    }
    return this.#children;
  }

  /** From now on the peak is counted anew, see clear_refs in proc(5); else it is the highest since the worker began. */
  #forgetPeak() {
    if (this.#clearing === -1) return;
    try {
      this.#clearing ??= fs.openSync('/proc/self/clear_refs', 'w');
      fs.writeSync(this.#clearing, '5');
    } catch {
      this.#clearing = -1;
    }
  }
}

module.exports = { Meter };
