#!/usr/bin/env bash
# Random schedules of gateway, controller and instances in virtual time: tests/Faas.Simulation, for as long as one likes.
set -euo pipefail
export LC_ALL=C DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'USAGE'
Usage: bash load-tests/simulation.sh [--schedules N] [--seed S]

  --schedules   how many; default 100000, some minutes on two cores
  --seed        the first one's seed; the others follow. Default 1

Failures go to stderr with their seed and last steps; FAAS_SEED=n repeats one in the test. The last line is JSON:
{"schedules","failures","steps","requests","sentAhead","recalled","givenBack","seed"}.
USAGE
}

schedules=100000 seed=1
while [ $# -gt 0 ]; do
  case $1 in
    --schedules) schedules=${2:?}; shift ;;
    --seed) seed=${2:?}; shift ;;
    --help|-h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
dotnet build tests/Faas.Simulation -c Release -v quiet -nologo >&2
exec tests/Faas.Simulation/bin/Release/net10.0/Faas.Simulation run --schedules "$schedules" --seed "$seed"
