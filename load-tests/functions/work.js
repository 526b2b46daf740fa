// Burns BURN_MS of its own CPU time, then waits WAIT_MS without any.
const burnMicros = Number(process.env.BURN_MS ?? 0) * 1000;
const waitMs = Number(process.env.WAIT_MS ?? 0);
const answer = { revision: process.env.FAAS_REVISION };

function burn() {
  const began = process.cpuUsage();
  for (let used = 0; used < burnMicros; ) {
    for (let i = 0; i < 10000; i++);
    const { user, system } = process.cpuUsage(began);
    used = user + system;
  }
}

exports.handler = async () => {
  if (burnMicros > 0) burn();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  return answer;
};
