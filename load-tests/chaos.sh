#!/usr/bin/env bash
# kill -9 in the middle of asynchronous invocations: nothing that was accepted is lost, and what ran twice says why.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/chaos.sh [--store sqlite|redis] [--rounds N] [--events N] [--seed S] [options]

  --store sqlite|redis   where the queue is; default sqlite. redis starts a redis-server of its own (append-only file, appendfsync always)
  --rounds N             rounds; default 5
  --events N             events of a round; default 2000
  --rate N               events a second on average, in bursts of up to 100; default 200
  --seed S               other events, other moments; default 1
  --callers N            callers at the same time; default 32
  --kills N              kills in a round at most; default 6
  --kill PARTS           what is killed, of controller,gateway,instance,redis; default all of them (redis only with --store redis)
  --logs FOLDER          where logs and recorded runs go when something is wrong; default: nowhere

Callers send events to a function that tells a recorder outside the platform of each run and takes 0 to 20 ms. Meanwhile kill -9 hits parts of the platform at random
moments. In every second round three of ten events are delayed by up to 3 s; one of ten is sent twice with one Idempotency-Key, half of them at the same time; one of five
has an id of its caller's. Nothing else is sent again: what is not answered with 202 is not accepted. When nothing waits or runs any more, each event is looked at:
lost         accepted, but neither succeeded nor a dead letter, or without a recorded run
duplicates   recorded more than once
unexplained  a run without an attempt of its own in the event's history, a second one after a success, or two events instead of one
misbilled    more usage records than attempts that ended, or another number of them for successes than there are

Functions run in the process sandbox. The last line is JSON: {"accepted","completed","deadLettered","lost","duplicates","unexplained","misbilled","kills"}.
The exit code is 1 when something is lost, unexplained or misbilled, or events still wait after four minutes.
USAGE
}

options store=sqlite rounds=5 events=2000 rate=200 seed=1 callers=32 kills=6 kill= logs= -- "$@"
[[ $store =~ ^(sqlite|redis)$ ]] || { usage >&2; exit 2; }
need dotnet python3

# Starts Redis again on the same folder whenever it ends, as a service would, until it is told to end itself.
keep_redis() {
  local server=""
  trap 'kill "$server" 2>/dev/null; wait "$server"; exit 0' TERM
  while true; do
    redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work/redis" --appendonly yes --appendfsync always --save "" >> "$work/redis.log" 2>&1 &
    server=$!
    echo "$server" > "$work/redis.pid"
    wait "$server"
    sleep 0.2
  done
}

build
up=() redis=()
if [ "$store" = redis ]; then
  need redis-server
  mkdir "$work/redis"
  keep_redis &
  others+=($!)
  for ((i = 0; i < 100; i++)); do [ -S "$work/redis.sock" ] && break; sleep 0.1; done
  up=(--store redis --redis "!$work/redis.sock")   # how StackExchange.Redis writes a socket
  redis=(--redis-pid "$work/redis.pid")
fi

start_platform p process ${up[@]+"${up[@]}"}
"$client" chaos --data "$data" --store "$store" --rounds "$rounds" --events "$events" --rate "$rate" --seed "$seed" --callers "$callers" --kills "$kills" --kill "$kill" \
  --runs "$work/runs.log" ${redis[@]+"${redis[@]}"}
code=$?
stop_platform
if [ $code != 0 ] && [ -n "$logs" ]; then
  mkdir -p "$logs" && cp -r "$work"/*.log "$data/logs" "$logs"
  say "logs are in $logs"
fi
exit $code
