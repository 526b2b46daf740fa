#!/usr/bin/env bash
# What metering costs: usage records at a rate over the real link into a controller of their own, then questions to the ledger that it leaves.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/ledger.sh [--records N] [--rate N] [--functions N] [--ids gateway|chosen] [--days N]

  --records    how many count, after a warm-up; default 1000000
  --rate       records a second; default 40000; 0 is as fast as they are taken
  --functions  whose they are, in turn; default 1
  --ids        chosen: UUIDs that callers chose, instead of the gateway's own ids
  --days       how long ago the first was received; default 1

The first line is JSON: {"records","rate","functions","ids","cpuUsPerRecord","recordsPerSecond","mbPerMillion"}; CPU is all of the controller's.
The others say how long each question takes, the first time and then.
USAGE
}

options records=1000000 rate=40000 functions=1 ids=gateway days=1 -- "$@"
need dotnet
cd "$root" || exit 1
trap 'rm -rf "$work"' EXIT
dotnet build src/Faas.Controller -c Release -v quiet -nologo >&2 && dotnet build load-tests/Faas.LoadTests -c Release -v quiet -nologo >&2 || exit 1
controller=$(ls "$root"/src/Faas.Controller/bin/Release/net10.0/*/faas-controller | head -n 1)
"$client" ledger --controller "$controller" --data "$work/data" --records "$records" --rate "$rate" --functions "$functions" --ids "$ids" --days "$days"
