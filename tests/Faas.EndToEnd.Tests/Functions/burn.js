// Uses what it is asked to: so much CPU time by its own clock, so much waiting, so much memory. Answers how much CPU time it was, in ms.
const { Worker } = require("node:worker_threads");

const usedMs = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

const burn = "const since = process.cpuUsage(); const used = () => { const { user, system } = process.cpuUsage(since); return (user + system) / 1000; }; while (used() < ms) for (let i = 0; i < 1000; i++);";

exports.handler = async (event) => {
  const asked = event.queryStringParameters ?? {};
  const ms = Number(asked.ms ?? 0);
  const since = process.cpuUsage();
  const memory = Buffer.alloc(Number(asked.mib ?? 0) << 20, 1);
  if (asked.thread) await new Promise((resolve) => new Worker(`const ms = ${ms}; ${burn}`, { eval: true }).on("exit", resolve));
  else while (usedMs(since) < ms) for (let i = 0; i < 1000; i++);
  if (asked.wait) await new Promise((resolve) => setTimeout(resolve, Number(asked.wait)));
  return { cpuMs: usedMs(since), bytes: memory.length, pad: "x".repeat(Number(asked.pad ?? 0)) };
};
