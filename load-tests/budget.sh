#!/usr/bin/env bash
# How much a budget is overrun: it is spent in the middle of a load that does not wait.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/budget.sh [--sandbox docker|process] [--rate N] [--seconds N] [--runtime NAME]

  --sandbox  where functions run; default: docker if it answers
  --rate     requests a second, evenly spaced, open-loop; default 1000
  --seconds  how long; default 8; rate times seconds is at most 10000
  --runtime  dotnet, node or python; default dotnet

What a request costs is measured first, and the budget is what half of the load costs. Afterwards the ledger's records say which request spent the last of it, and
how many were served that ended after it: those under way included.
Bar: at most one second of traffic; all that fail are refused with BudgetExceeded.
The last line is JSON: {"measurement":"budget","rate","amount","spent","served","refused","overrunRequests","overrunSecondsOfTraffic","lastAcceptedMsAfterCrossing",...,"passed"}.
USAGE
}

options sandbox= rate=1000 seconds=8 runtime=dotnet -- "$@"
sandbox=${sandbox:-$(default_sandbox)}
need dotnet
build
start_platform budget "$sandbox"
# Compiled once, at first use: recompiling would stop its threads in the middle of a load.
DOTNET_TieredCompilation=0 "$client" budget --data "$data" --rate "$rate" --seconds "$seconds" --runtime "$runtime"
code=$?
stop_platform
exit $code
