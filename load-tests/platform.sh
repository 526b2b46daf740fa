# Shared by the scripts beside it: builds, starts a platform of their own, stops it. Sourced, not run.
# shellcheck shell=bash

set -uo pipefail
export LC_ALL=C DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NO_COLOR=1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
faas=$root/src/Faas.Cli/bin/Release/net10.0/faas
client=$root/load-tests/Faas.LoadTests/bin/Release/net10.0/Faas.LoadTests
work=$(mktemp -d /tmp/faas-l.XXXXXX)
chmod 711 "$work"
platform_pid=""
others=()

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
need() { local program; for program in "$@"; do command -v "$program" >/dev/null 2>&1 || die "This measurement needs $program."; done; }

# options NAME=DEFAULT... -- ARGUMENTS...: sets a variable for each NAME, from `--name VALUE` among the arguments (NAME's underscores are dashes there), else to
# its default. --help prints `usage` and ends; anything else is wrong usage.
options() {
  local names=" " name
  while [ "$1" != -- ]; do
    names+="${1%%=*} "
    printf -v "${1%%=*}" '%s' "${1#*=}"
    shift
  done
  shift
  while [ $# -gt 0 ]; do
    case $1 in --help|-h) usage; exit 0 ;; esac
    name=${1#--}
    name=${name//-/_}
    if [[ $1 != --* || $names != *" $name "* || $# -lt 2 ]]; then
      usage >&2
      exit 2
    fi
    printf -v "$name" '%s' "$2"
    shift 2
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Where functions run unless --sandbox says otherwise: Docker when it answers.
default_sandbox() { if docker version >/dev/null 2>&1; then echo docker; else echo process; fi; }

# build [PROJECTS...]: the platform, the client, and what else is named.
build() {
  say "building"
  local project
  for project in src/Faas.Cli load-tests/Faas.LoadTests "$@"; do
    dotnet build "$root/$project" -c Release -v quiet -nologo > "$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; exit 1; }
  done
}

# start_platform NAME SANDBOX [UP-ARGUMENTS...]: sets `data`, its folder.
start_platform() {
  local name=$1 sandbox=$2 i
  shift 2
  data=$work/$name
  mkdir -p "$data" "$work/empty"
  say "starting a platform: $sandbox $*"
  # In the empty folder, so that no manifest is found; in a session of its own, so that Ctrl-C comes to it from here only.
  (cd "$work/empty" && exec setsid "$faas" up --data "$data" --listen http://127.0.0.1:0 --admin http://127.0.0.1:0 --sandbox "$sandbox" "$@") \
    > "$work/$name.log" 2>&1 < /dev/null &
  platform_pid=$!
  for ((i = 0; i < 1200; i++)); do
    grep -q 'ready;' "$work/$name.log" && [ -e "$data/endpoints.json" ] && return 0
    kill -0 "$platform_pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/$name.log" >&2
  die "the platform did not start"
}

stop_platform() {
  [ -n "$platform_pid" ] || return 0
  kill -TERM "$platform_pid" 2>/dev/null
  local i
  for ((i = 0; i < 900; i++)); do
    kill -0 "$platform_pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$platform_pid" 2>/dev/null
  wait "$platform_pid" 2>/dev/null
  platform_pid=""
}

clean_up() {
  trap - EXIT
  stop_platform
  local pid
  for pid in ${others[@]+"${others[@]}"}; do
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
