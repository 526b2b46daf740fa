#!/usr/bin/env bash
# Cold starts as an HTTP client sees them: with stems, twenty at once, without stems, and beside `docker run` of the same image.
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/coldstart.sh [--sandbox docker|process] [--samples N] [--stems N]

  --sandbox   where functions run; default: docker if it answers
  --samples   cold calls for each of C#, Node and Python; default 30 (without stems a third of it)
  --stems     stems kept ready for each runtime while measuring; default 24, what twenty at once need

Each sample waits until all functions are idle, all pools of stems are full, and the machine has settled (0.3 s). With Docker it is followed by a `docker run` of the same
worker in the same image (until it listens) and of a command that does nothing. Then a second platform without stems is measured
beside create + start of the same container over the engine's API. On the process sandbox there is nothing to compare with: null.

The last line is a JSON array, one object for each runtime:
  {"runtime","p50Ms","p95Ms","burst20Ms","timesFasterThanDockerRun", "dockerRunMs","timesFasterThanDockerRunTrue","noStemMs","createStartMs","noStemRatio",...}
USAGE
}

options sandbox= samples=30 stems=24 -- "$@"
sandbox=${sandbox:-$(default_sandbox)}
need dotnet
build

export Faas__Instances__StemsMax=$((stems * 3))
start_platform a "$sandbox" --stems "$stems"
"$client" coldstart --data "$data" --sandbox "$sandbox" --samples "$samples" --stems "$stems" --result "$work/result.json" || exit 1
stop_platform

start_platform b "$sandbox" --stems 0
"$client" nostem --data "$data" --sandbox "$sandbox" --samples "$(((samples + 2) / 3))" --result "$work/result.json" || exit 1
stop_platform

"$client" report --sandbox "$sandbox" --result "$work/result.json"
