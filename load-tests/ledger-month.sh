#!/usr/bin/env bash
# What it takes to say what a month of many invocations costs: disk, and time of each question.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/ledger-month.sh [--records N] [--functions N] [--batch N] [--days N] [--folder DIR]

  --records    how many there are in a month that ends now; default 1000000
  --functions  whose they are, some called much more than others, in ten namespaces; default 200
  --batch      how many are stored at a time: a gateway sends what there is after 100 ms, at most 1,800; default 1800
  --days       over how many they are spread, at most 29.9, the default: 1 million in 0.3 days are as dense as 100 million in a month
  --folder     where the database is while it runs; 100 million records need 2 GB; default /tmp

Records go through the ledger's own code into a database as a controller would leave it. Then a real controller has it, and each question is asked twenty times over HTTP.
The last line is JSON: {"records","counted","isExact","mbPerMillion","gb","slowestMs"}; isExact: the month's cost is the records', to the last digit, or the exit code is 1.
USAGE
}

options records=1000000 functions=200 batch=1800 days=29.9 folder=/tmp -- "$@"
need dotnet
cd "$root" || exit 1
data=$(mktemp -d "$folder/faas-month.XXXXXX") || exit 1
trap 'rm -rf "$work" "$data"' EXIT
build
controller=$(dirname "$faas")/platform/controller/faas-controller   # compiled ahead, as users have it
"$client" month --controller "$controller" --data "$data" --records "$records" --functions "$functions" --batch "$batch" --days "$days"
