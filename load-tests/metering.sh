#!/usr/bin/env bash
# kill -9 of gateway and controller under load: each answer has exactly one usage record, and sums and bill are the sum of the records.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/metering.sh [--rounds N] [--rate N] [--seconds N] [--kills N] [--seed S] [options]

  --rounds N             rounds; default 5
  --rate N               calls a second, synchronous, on keep-alive connections, each with an id of its own; default 5000
  --seconds N            how long a round's calls take at that rate; default 10
  --kills N              kills in a round; default 2
  --kill PARTS           what is killed, of gateway,controller,both; default each of them
  --seed S               other moments; default 1
  --runtimes NAMES       of dotnet,node,python; default all of them, two functions each
  --logs FOLDER          where logs, database and journal go when something is wrong; default: nowhere

Calls leave at a constant rate, whatever became of those before; only while no gateway listens they wait. No call is sent again. Meanwhile kill -9 hits gateway and controller at random moments, also
while the ledger catches up at a round's end. When the journal has no record any more that is not in the ledger, all raw records are read and compared by their ids:
answered     calls whose whole answer came, head and body, and that reached a revision; refused: the answer says that none was reached (a gateway that does not know the functions yet); nothing is recorded then
recorded     records in the ledger
missing      answered without a record
double       calls with more than one record
beyond       recorded, but not received answered: at most inFlight, the calls whose connections the kills cut; unexplained: records of others, and connections that ended without a kill
sumsAgree    whether the records' sums are the sums by minute, hour and day, the totals and the bill, to the last digit

Functions run in the process sandbox. The last line is JSON: {"answered","recorded","missing","double","beyond","inFlight","unexplained","refused","notSent","kills","sumsAgree","callsPerSecond"}.
The exit code is 1 when something is missing, double or unexplained, when sums disagree, or when records still wait after two minutes.
USAGE
}

options rounds=5 rate=5000 seconds=10 kills=2 kill= seed=1 runtimes= logs= -- "$@"
need dotnet

build
start_platform m process
"$client" metering --data "$data" --rounds "$rounds" --rate "$rate" --seconds "$seconds" --kills "$kills" --kill "$kill" --seed "$seed" --runtimes "$runtimes"
code=$?
stop_platform
if [ $code != 0 ] && [ -n "$logs" ]; then
  mkdir -p "$logs" && cp -r "$work"/*.log "$data/logs" "$data/journal" "$data"/faas.db* "$logs"
  say "logs are in $logs"
fi
exit $code
