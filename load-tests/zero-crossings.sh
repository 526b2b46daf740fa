#!/usr/bin/env bash
# Scale-to-zero crossings with a caller at the moment of each: nobody may notice.
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/zero-crossings.sh [--sandbox docker|process] [--crossings N]

  --sandbox     where functions run; default: docker if it answers
  --crossings   stop after so many calls that found their function scaled to zero; default 500

24 functions with a keep-alive of one second, each with a caller that aims at the moment at which its instance is stopped.
The last line is JSON: {"crossings","calls","nonSuccess","failures"}; the exit code is 1 unless nonSuccess is 0.
USAGE
}

options sandbox= crossings=500 -- "$@"
sandbox=${sandbox:-$(default_sandbox)}
need dotnet
build
start_platform zero "$sandbox"
result=$("$client" crossings --data "$data" --crossings "$crossings") || exit 1
stop_platform
echo "$result"
[[ $result == *'"nonSuccess":0,'* ]]
