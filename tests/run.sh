#!/usr/bin/env bash
# Runs every test of the repository:  bash tests/run.sh [--no-skips] [--filter TEXT] [--fast]
#
# Installs what the tests need where it may (as root, with apt), starts a private Docker engine unless one answers already,
# builds everything, runs each test project under tests/, stops and removes what it started, and ends with one line:
#
#   N passed, N failed, N skipped
#
# The exit code is 0 only if nothing failed and every project ran to its summary.
set -uo pipefail
export LC_ALL=C DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NO_COLOR=1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

project_timeout=${FAAS_TEST_TIMEOUT:-60m}   # for one test project: far above the slowest, so that a hang ends in a failure
no_skips=false; [ "${CI:-}" = true ] && no_skips=true
fast=false
filter=""
work=""
docker_pid=""
own_bridge=false
test_pid=""
mounted=()
passed=0 failed=0 skipped=0

usage() {
  cat <<'USAGE'
Usage: bash tests/run.sh [OPTIONS]
  --no-skips       a skipped test is a failed test (also with CI=true)
  --filter TEXT    only tests whose full name contains TEXT
  --fast           without the end-to-end tests and those marked slow
  --help           this text
Environment: FAAS_TEST_TIMEOUT (for one project, default 60m), DOCKER_HOST (an engine to use instead of a private one).
USAGE
}

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

# ---- what the tests need -------------------------------------------------------------------------------------------------

install_missing() {
  local packages=() package
  have dockerd || docker_answers || packages+=(docker.io)
  have bwrap || packages+=(bubblewrap)
  have node || packages+=(nodejs)
  have python3 || packages+=(python3)
  have nginx || [ -x /usr/sbin/nginx ] || packages+=(nginx)
  have wrk || packages+=(wrk)
  have curl || packages+=(curl)
  have redis-server || packages+=(redis-server)
  have rabbitmq-server || [ -x /usr/sbin/rabbitmq-server ] || packages+=(rabbitmq-server)
  have mosquitto || [ -x /usr/sbin/mosquitto ] || packages+=(mosquitto)
  have prometheus && have promtool || packages+=(prometheus)
  have clang || have gcc || packages+=(gcc libc6-dev)   # links the native gateway
  if [ ${#packages[@]} -gt 0 ]; then
    if is_root && have apt-get; then
      apt_install "${packages[@]}" || say "Some packages could not be installed; tests that need them are skipped."
    else
      say "Missing: ${packages[*]}. Tests that need them are skipped; as root on Debian or Ubuntu this script installs them."
    fi
  fi
  # Debian's nodejs comes without npm, others bring it along; asked for only now, because the two packages can conflict.
  if have node && ! have npm && is_root && have apt-get; then
    apt_install npm || true
  fi
  for package in bwrap node npm python3 curl; do
    have "$package" || say "Missing: $package."
  done
}

# Services of freshly installed packages are not started: the engine that the tests use is private to this run.
apt_install() {
  local policy=/usr/sbin/policy-rc.d own_policy=false status
  say "Installing $*"
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' > $policy && chmod +x $policy && own_policy=true
  fi
  {
    apt-get install -y -q --no-install-recommends "$@" ||
      { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; }
  } > "$work/apt.log" 2>&1 < /dev/null
  status=$?
  $own_policy && rm -f $policy
  [ $status = 0 ] || tail -n 20 "$work/apt.log" >&2
  return $status
}

# ---- a private Docker engine ---------------------------------------------------------------------------------------------

docker_answers() { have docker && timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_docker() {
  if docker_answers; then
    say "Docker: using the engine that answers at ${DOCKER_HOST:-its default socket}"
    return 0
  fi
  if ! have dockerd || ! is_root; then
    say "Docker: no engine answers, and none can be started here (needs root and docker.io). Tests that need it are skipped."
    return 0
  fi
  mount_cgroups
  [ -e /sys/class/net/docker0 ] || own_bridge=true
  local extra=()
  choose_iptables || extra=(--iptables=false --ip6tables=false --ip-masq=false)
  export DOCKER_HOST="unix://$work/docker.sock"
  PATH="$work/bin:$PATH" dockerd --data-root "$work/docker/data" --exec-root "$work/docker/exec" --pidfile "$work/docker/pid" \
    -H "$DOCKER_HOST" ${extra[@]+"${extra[@]}"} > "$work/dockerd.log" 2>&1 < /dev/null &
  docker_pid=$!
  local i
  for ((i = 0; i < 240; i++)); do
    if docker_answers; then
      export FAAS_TEST_DOCKERD_PID=$docker_pid
      say "Docker: private engine $(docker version --format '{{.Server.Version}}'), storage $(docker info --format '{{.Driver}}')"
      return 0
    fi
    kill -0 "$docker_pid" 2>/dev/null || break
    sleep 0.25
  done
  say "Docker: the engine did not start:"
  tail -n 15 "$work/dockerd.log" >&2
  stop_docker
  unset DOCKER_HOST
}

# A container machine may have no cgroup hierarchy mounted at all; dockerd refuses to start then.
mount_cgroups() {
  if [ "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ] || grep -q ' /sys/fs/cgroup' /proc/mounts; then
    return 0
  fi
  say "Docker: mounting cgroups"
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup || return 0
  mounted+=(/sys/fs/cgroup)
  local controller
  while read -r controller _ _ enabled; do
    if [ "$enabled" = 1 ] && mkdir -p "/sys/fs/cgroup/$controller" &&
      mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" 2>/dev/null; then
      mounted+=("/sys/fs/cgroup/$controller")
    else
      rmdir "/sys/fs/cgroup/$controller" 2>/dev/null
    fi
  done < <(grep -v '^#' /proc/cgroups)
}

# The iptables that the alternatives system chose may speak a language that this kernel lacks; dockerd takes the first in PATH.
choose_iptables() {
  mkdir -p "$work/bin"
  local candidate
  for candidate in iptables iptables-nft iptables-legacy; do
    if have "$candidate" && "$candidate" -w -t nat -nL >/dev/null 2>&1; then
      [ "$candidate" = iptables ] || ln -sf "$(command -v "$candidate")" "$work/bin/iptables"
      return 0
    fi
  done
  say "Docker: no working iptables; containers have no network beyond their own."
  return 1
}

stop_docker() {
  [ -n "$docker_pid" ] || return 0
  kill -CONT "$docker_pid" 2>/dev/null
  kill -TERM "$docker_pid" 2>/dev/null
  local i
  for ((i = 0; i < 120; i++)); do
    kill -0 "$docker_pid" 2>/dev/null || break
    sleep 0.25
  done
  kill -KILL "$docker_pid" 2>/dev/null
  wait "$docker_pid" 2>/dev/null
  docker_pid=""
  # A dockerd that had to be killed leaves its containerd behind, which has our exec-root in its command line.
  local process
  for process in /proc/[0-9]*; do
    if tr '\0' ' ' < "$process/cmdline" 2>/dev/null | grep -qF "$work/docker/exec"; then
      kill -KILL "${process#/proc/}" 2>/dev/null
    fi
  done
  awk -v below="$work/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
  $own_bridge && have ip && ip link delete docker0 2>/dev/null
  return 0
}

# ---- build, run, add up --------------------------------------------------------------------------------------------------

build() {
  say "Building"
  if ! dotnet build Faas.sln -c Release -v quiet -nologo --disable-build-servers > "$work/build.log" 2>&1; then
    grep -E ': (error|warning) |^MSBUILD|Build FAILED' "$work/build.log" | sort -u | head -n 60 >&2
    [ -s "$work/build.log" ] && tail -n 5 "$work/build.log" >&2
    return 1
  fi
}

run_project() {
  local project=$1 name log arguments=(-noColor -noLogo) started=$SECONDS status summary
  name=$(basename "$project" .csproj)
  log="$work/logs/$name.log"
  $no_skips && arguments+=(-failSkips)
  $fast && arguments+=(-trait- Speed=slow)
  [ -n "$filter" ] && arguments+=(-method "*$filter*")

  timeout --kill-after=30 "$project_timeout" "$(dirname "$project")/bin/Release/net10.0/$name" "${arguments[@]}" > "$log" 2>&1 < /dev/null &
  test_pid=$!
  wait "$test_pid"
  status=$?
  test_pid=""

  # The last summary line of the log: "   NAME  Total: 3, Errors: 0, Failed: 1, Skipped: 1, Not Run: 0, Time: 0.164s".
  summary=$(grep -E "^ +$name +Total: [0-9]+" "$log" | tail -n 1)
  if [ -z "$summary" ]; then
    failed=$((failed + 1))
    say "$name: no summary, exit code $status$([ $status = 124 ] && echo " (not done after $project_timeout)")"
    tail -n 60 "$log" >&2
    return
  fi
  local total errors bad left_out
  total=$(number_of Total "$summary") errors=$(number_of Errors "$summary")
  bad=$(number_of Failed "$summary") left_out=$(number_of Skipped "$summary")
  bad=$((bad + errors))
  # A test project that says all is well and fails nevertheless did not end well: a crash in a fixture's clean-up, for instance.
  [ $bad = 0 ] && [ $status != 0 ] && bad=1
  passed=$((passed + total - left_out - bad < 0 ? passed : passed + total - left_out - bad))
  failed=$((failed + bad))
  skipped=$((skipped + left_out))
  say "$name: $total tests, $bad failed, $left_out skipped, $((SECONDS - started)) s"
  if [ $bad != 0 ] || [ "$left_out" != 0 ]; then
    # What the code under test logs in passing would push the failures themselves out of what a build server keeps.
    grep -vE '^  (Discovering|Discovered|Starting|Finished): |^=== TEST EXECUTION|^[0-9:.]{12} (info|warn|dbug): ' "$log" | head -n 500 >&2
  fi
}

number_of() { local found; found=$(sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<< "$2"); echo "${found:-0}"; }

clean_up() {
  trap - EXIT INT TERM
  if [ -n "$test_pid" ]; then
    kill -TERM "$test_pid" 2>/dev/null
    wait "$test_pid" 2>/dev/null
  fi
  stop_docker
  local i
  for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount -l "${mounted[i]}" 2>/dev/null; done
  if [ "$failed" != 0 ] && [ -d "$work/logs" ]; then
    local kept
    kept=$(mktemp -d "${TMPDIR:-/tmp}/faas-test-logs.XXXXXX") && cp -r "$work/logs/." "$kept" && say "Logs: $kept"
  fi
  rm -rf "$work" 2>/dev/null
}

main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --no-skips) no_skips=true ;;
      --fast) fast=true ;;
      --filter) [ $# -ge 2 ] || { usage >&2; exit 2; }; filter=$2; shift ;;
      --help|-h) usage; exit 0 ;;
      *) say "Unknown option: $1"; usage >&2; exit 2 ;;
    esac
    shift
  done
  if ! have dotnet; then
    say "The .NET SDK of global.json is needed: dotnet is not in PATH."
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
  fi

  # Short, because unix sockets are made below it and their paths end at 107 bytes.
  work=$(mktemp -d /tmp/faas-t.XXXXXX)
  mkdir -p "$work/logs"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  $no_skips && export FAAS_NO_SKIPS=1
  export FAAS_E2E_LOGS="$work/logs"

  install_missing
  if ! build; then
    echo "0 passed, 1 failed, 0 skipped"
    failed=1
    exit 1
  fi
  $fast || start_docker

  local project
  for project in tests/*/*.csproj; do
    if $fast && [[ $project == *EndToEnd* ]]; then continue; fi
    run_project "$project"
  done

  local ours=$failed
  clean_up
  echo "$passed passed, $ours failed, $skipped skipped"
  [ "$ours" = 0 ] && [ "$passed" -gt 0 ]
}

main "$@"
