#!/usr/bin/env bash
# Many functions deployed, none in use: what is left running, and how much memory the two servers hold.
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/idle-1000.sh [--sandbox docker|process] [--functions N]

  --sandbox     where functions run; default: docker if it answers
  --functions   how many; default 1000, a third in each language

The platform keeps no stems here, so every process of an instance would be one too many. Deploying takes minutes: each function is started once.
The last line is JSON: {"functions","instanceProcesses","gatewayRssMiB","controllerRssMiB","rssMiB"}.
USAGE
}

options sandbox= functions=1000 -- "$@"
sandbox=${sandbox:-$(default_sandbox)}
need dotnet
build
start_platform idle "$sandbox" --stems 0
result=$("$client" idle --data "$data" --pid "$platform_pid" --functions "$functions") || exit 1
stop_platform
echo "$result"
