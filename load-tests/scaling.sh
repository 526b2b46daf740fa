#!/usr/bin/env bash
# Scaling under load that does not wait: a step, more and more connections, a mix of functions, updates, crashes, frozen instances.
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/scaling.sh [step|connections|mixed|rolling|crashes|thaw|client|all] [options]

  --sandbox docker|process   where functions run; default: docker if it answers
  --seconds N                how long a load lasts; default: step 30, connections 8 at each number, mixed 300, rolling 60, crashes 60
  --rate N                   requests a second; default: step 1000, mixed 150, rolling 200, crashes 100
  --runtime NAME             dotnet, node or python; default: connections dotnet, thaw all three, the others node
  --rounds N                 connections: rounds, of which the medians count; default 3
  --samples N                thaw: frozen instances for each runtime; default 30
  --seed N                   mixed, crashes: another mix, other moments; default 1
  --compare yes|no           mixed: a second run without the busiest function; default yes; `passed` needs it

Each measurement has a platform of its own. All but connections and thaw are open-loop: a request leaves when its schedule says, however late earlier answers
are, and its latency counts from then. `clientLagMs` in their results is the part that the client itself was late. Functions are load-tests/functions/work.*:
some CPU time, some waiting, default concurrency 1; at most 40 instances (mixed: 10), 128 MiB, no network.

step         0 -> 1,000/s on a function that waits 5 ms, from no instance, evenly spaced. The gateway has served another function before.
             Bar: no failure, p99 <= 250 ms with the first second. `clearedAfterSeconds`: from then on, for a second, the median of each tenth is <= 20 ms.
connections  wrk with 1, 8, 32, 128 connections on a function that burns 1 ms of its thread's CPU time; 2 s before each are not counted.
             Bar: never below 0.95 of the best with fewer connections, no failure.
mixed        50 functions, C#, Node and Python, from a cold platform. Rates by Zipf's law (s = 1); each Poisson, a timer, or a minute on and a minute off (a fifth
             of the run when it is short), the busiest the latter. 1 to 50 ms, of which so much is CPU time that all functions together burn 35 % of the machine.
             The first 20 s, in which all 50 start at once, are reported by themselves.
             Bar: no failure, and nobody ruined by the busiest: a function is ruined when its p99 is more than twice, and more than 50 ms above, what it is when
             the same arrivals run without the busiest function on another fresh platform. Only functions with 100 answers in both runs are compared.
rolling      200/s on a 5-ms function, which gets a new revision every second (a second in which the last update still runs is left out).
             Bar: no failure, and nine of ten updates took place.
crashes      100/s on a 20-ms function (Poisson), while kill -9 hits the process of one of its instances twice a second on average.
             Bar: no more failures than kills, each of them a problem document of type Crashed.
thaw         One request to an instance that was frozen since nobody used it, and one more 0.3 s later. Bar: p50 <= 3 ms for each runtime.
client       2,000/s to a server that answers at once, without a platform: what the open-loop client itself costs. Not among `all`.

The last line of each measurement is JSON: {"measurement",...,"passed"}. The exit code is 1 when requests failed that must not, or nothing could be measured.
USAGE
}

what=all
[[ ${1:---} != -* ]] && { what=$1; shift; }
options sandbox= seconds= rate= runtime= rounds= samples= seed= compare=yes -- "$@"
measurements=(step connections mixed rolling crashes thaw)
if [ "$what" != all ]; then
  [[ " ${measurements[*]} client " == *" $what "* ]] || { usage >&2; exit 2; }
  measurements=("$what")
fi
sandbox=${sandbox:-$(default_sandbox)}
need dotnet
[ "$what" = client ] && need python3
[[ $what =~ ^(all|connections)$ ]] && need wrk
build

# Compiled once, at first use: recompiling would stop its threads in the middle of a load.
load_client() { DOTNET_TieredCompilation=0 "$client" "$@"; }

# measure VERB [ARGUMENTS...]: one measurement on a platform of its own; returns the client's exit code.
measure() {
  local verb=$1 code
  shift
  start_platform "p$((++platforms))" "$sandbox"
  load_client "$verb" --data "$data" --sandbox "$sandbox" --seconds "$seconds" --rate "$rate" --runtime "$runtime" --rounds "$rounds" --samples "$samples" \
    --seed "$seed" "$@"
  code=$?
  stop_platform
  return $code
}

mixed() {
  local without=""
  measure mixed --part all --result "$work/all.json" || return 1
  if [ "$compare" = yes ]; then
    without=$work/without.json
    measure mixed --part without --result "$without" || return 1
  fi
  "$client" mixed-report --result "$work/all.json" --without "$without"
}

client() {
  local port i
  port=$(free_port)
  "$client" serve --socket "$work/hello.sock" --port "$port" > "$work/serve.log" 2>&1 &
  others+=($!)
  for ((i = 0; i < 100; i++)); do [ -S "$work/hello.sock" ] && break; sleep 0.1; done
  sleep 1
  load_client client --port "$port" --rate "$rate" --seconds "$seconds"
}

failed=0 platforms=0
for measurement in "${measurements[@]}"; do
  case $measurement in
    mixed|client) "$measurement" ;;
    *) measure "$measurement" ;;
  esac || failed=1
done
exit $failed
