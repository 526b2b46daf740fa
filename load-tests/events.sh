#!/usr/bin/env bash
# What asynchronous invocations cost: durable acceptances and whole cycles a second, the wait before the run, the memory of a long queue.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/events.sh [--store sqlite|redis] [--rounds N] [--seconds N] [--callers N] [--samples N] [--queued N]

  --store sqlite|redis   where the queue is; default sqlite. redis starts a redis-server of its own (append-only file, appendfsync always)
  --rounds N             rounds of queueing as fast as callers are answered, and running all of it; default 3
  --seconds N            how long each queues; default 5
  --callers N            callers at the same time (wrk); default 64
  --samples N            events sent one at a time to an idle function, for the wait between acceptance and run; default 300
  --queued N             events that wait for an hour, for the memory they take; default 100000

The function is a C# one that reads a JSON object of 1 KB and answers at once. A whole cycle is accepted durably, claimed, run through the gateway and ended durably, with its result and its bill.
Aims: 5,000 acceptances/s and 1,500 cycles/s with 64 callers; a wait of 10 ms (p50); 150 MB for 100,000 events.
USAGE
}

options store=sqlite rounds=3 seconds=5 callers=64 samples=300 queued=100000 -- "$@"
[[ $store =~ ^(sqlite|redis)$ ]] || { usage >&2; exit 2; }
need dotnet wrk

build
up=()
if [ "$store" = redis ]; then
  need redis-server
  mkdir "$work/redis"
  redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work/redis" --appendonly yes --appendfsync always --save "" > "$work/redis.log" 2>&1 &
  others+=($!)
  for ((i = 0; i < 100; i++)); do [ -S "$work/redis.sock" ] && break; sleep 0.1; done
  up=(--store redis --redis "!$work/redis.sock")   # how StackExchange.Redis writes a socket
fi

start_platform p process ${up[@]+"${up[@]}"}
"$client" events --data "$data" --rounds "$rounds" --seconds "$seconds" --callers "$callers" --samples "$samples" --queued "$queued"
code=$?
stop_platform
exit $code
