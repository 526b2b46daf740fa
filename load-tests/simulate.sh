#!/usr/bin/env bash
# Keep-alive policies over a trace of invocations: cold starts against idle memory. Hours in seconds; nothing is started.
set -uo pipefail
export LC_ALL=C.UTF-8 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

usage() {
  cat <<'USAGE'
Usage: bash load-tests/simulate.sh TRACE_FOLDER [--policy NAME] [--memory-gb N] [--activation-ms N] [--outward] [--resamples N]

  TRACE_FOLDER     holds *invocations*.csv (a column for each minute) and *memory*.csv of a trace in the format of the Azure Functions traces
  --policy         only the policy of this name, or those whose names begin with it; `default` is what the platform does
  --memory-gb      limit the machine's memory as well, and make room by GreedyDual or by LRU
  --activation-ms  what a cold start takes; default 8, the measured p50 for C#
  --outward        round pre-warm windows to whole minutes outward instead of up, see Faas.Simulator/MinuteWindow.cs
  --resamples      resample the functions so many times, and say how far the results spread (on stderr)

The policies are the controller's own classes (src/Faas.Controller/Scaling/KeepAlive) with a virtual clock: one instance per function, minute by minute.
A table goes to stderr. The last lines are JSON, one object for each policy:
  {"policy","cold","idleGBMin","idleGBMinWithStarts","invocations","coldPercent","firstCalls","prewarms","wastedPrewarms","loads","peakGB","waitMs":{"p50","p99","total"}}
Exit code 2 when the trace cannot be read.
USAGE
}

for argument in "$@"; do
  case $argument in --help|-h) usage; exit 0 ;; esac
done
[ $# -gt 0 ] || { usage >&2; exit 2; }
command -v dotnet >/dev/null 2>&1 || { echo "simulate: this needs dotnet" >&2; exit 1; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log=$(mktemp /tmp/faas-simulate.XXXXXX)
trap 'rm -f "$log"' EXIT
dotnet build "$root/load-tests/Faas.Simulator" -c Release -v quiet -nologo > "$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
"$root/load-tests/Faas.Simulator/bin/Release/net10.0/Faas.Simulator" "$@"
