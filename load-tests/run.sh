#!/usr/bin/env bash
# The warm path, measured where users can repeat it: the platform beside nginx, bare YARP and the worker alone.
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/run.sh [--quick] [--scenario NAME[,NAME...]] [--rounds N] [--seconds N] [--warm-up N] [--result FILE] [--instances N]
                              [--runtime NAME] [--gateway FILE]

  --quick      minutes instead of an hour: a first impression, in which ten per cent mean nothing
  --scenario   only these; default: all
  --rounds     each loads every contender once, in another order; default 5 (quick 3). Medians count
  --seconds    of each load, whole ones; default 4 (quick 1)
  --warm-up    seconds of a load before the first round, which does not count; default 5 (quick 2)
  --result     the result file; default artifacts/load-tests/warm-TIME.json. The report is beside it, with .md in place of .json
  --instances  of the measured function; default: the platform decides, between 1 and 10
  --gateway    the program to measure in place of the CLI's own gateway, such as one published with -p:PublishAot=true
  --runtime    functions-1000: the runtime of its functions; default python, whose processes are small

Requests come from wrk -t1 (closed loop) or from our own open-loop client, and share the machine's cores with what they measure. Contenders: the platform (faas up, process
sandbox, no stems), nginx (one process, keep-alive, no access log, bodies in memory), YARP's MapForwarder with defaults (Faas.BareYarp), both before the same direct worker over a
unix socket, and that worker alone (Faas.LoadTests serve --loop: C#, one thread, one epoll). nginx and YARP know no limit of concurrency. Functions are load-tests/functions,
C# unless their name says otherwise; concurrency is 1, and 64 where a name ends in -shared. wrk answers other than 2xx or 3xx and socket errors make a failed run, which does not count.

  scenario                      what                                                        bar
  hello-1, -1-shared            hello, 1 connection                                         p50 <= 1.1 of nginx (hello-1)
  hello-16, -16-shared          16 connections
  hello-64                      64 connections                                              >= 0.95 of nginx's requests/s, gateway CPU <= 1.15 of nginx;
                                                                                            >= 1.5 of YARP's requests/s, CPU <= 0.65
  hello-64-shared               64 connections, concurrency 64                              >= 1.15 of nginx's requests/s; YARP as above
  hello-256, -256-shared        256 connections
  json-1k, json-1k-shared       1 KB of JSON in, 1 KB out, 64 connections
  echo-10k, echo-10k-shared     10 KB in and out, 64 connections                            >= 0.9 of nginx
  echo-1m, echo-1m-shared       1 MiB in and out, 8 connections                             >= 0.7 of nginx's bytes/s
  streaming                     16 chunks of 1 KiB, each sent by itself, 64 connections
  node, node-shared             hello in Node beside node:http, 64 connections              >= 1.0 of its requests/s (node)
  python, python-shared         hello in Python beside a bare asyncio protocol              >= 1.0 of its requests/s (python)
  uvicorn, uvicorn-shared       hello in Python beside uvicorn with uvloop and httptools    >= 1.0 of its requests/s
                                (Debian: python3-uvicorn python3-uvloop python3-httptools;
                                left out where they are not installed)
  http-shared                   the bare asyncio protocol as a program behind HTTP,         none: two proxies on two cores beside the program
                                beside the same without the platform
  tail                          open loop, constant rate: a fifth of the platform's capacity
  burst                         open loop, 100 ms at two fifths of it, 100 ms pause
  memory                        the gateway over 10 million requests (quick: 200,000)       <= 100 MiB after them, <= 5 MiB more than after a tenth
  functions-1000                10,000 functions, 1,000 of them called at random            >= 0.9 of one function's requests/s
                                (quick: 1,000 and 50), Python; fewer where
                                there are not 20 MiB for each
  functions-1000-nginx          nginx before as many Python servers, beside one of them
  start                         start of the gateway's process to the first answer, p50     <= 150 ms

Progress goes to stderr, the report too. The last line is the path of the result file, one JSON object for each scenario:
  {"scenario","platformRps","nginxRps","yarpRps","directRps","ratioToNginx","ratioToYarp","gatewayCpuMicros","workerCpuMicros","nginxCpuMicros",...,"platformP50Ms",
   "platformP99Ms",...,"rssMiB","failedRuns":[]}
The exit code is 1 when a run failed or a scenario could not be measured.
USAGE
}

# Those that share a platform, and those that have one of their own: it is bigger, or older, or lacks its gateway.
together=(hello-{1,16,64,256}{,-shared} json-1k{,-shared} echo-10k{,-shared} echo-1m{,-shared} streaming node{,-shared} python{,-shared} uvicorn{,-shared} http-shared tail burst)
alone=(memory functions-1000{,-nginx} start)

quick=""
given=()
for argument in "$@"; do
  if [ "$argument" = --quick ]; then quick=yes; else given+=("$argument"); fi
done
options scenario= rounds= seconds= warm_up= result= instances= runtime= gateway= -- ${given[@]+"${given[@]}"}
IFS=, read -ra chosen <<< "$scenario"
# Debian's packages are for Debian's Python, which need not be the first one of the path.
has_uvicorn() { /usr/bin/python3 -c 'import uvicorn, uvloop, httptools' 2>/dev/null; }
if [ ${#chosen[@]} = 0 ]; then
  chosen=("${together[@]}" "${alone[@]}")
  has_uvicorn || { say "uvicorn, uvloop or httptools is not installed: their scenarios are left out"; mapfile -t chosen < <(printf '%s\n' "${chosen[@]}" | grep -v '^uvicorn'); }
elif [[ $scenario == *uvicorn* ]]; then
  has_uvicorn || die "The scenarios uvicorn need it: apt-get install python3-uvicorn python3-uvloop python3-httptools"
fi
for name in "${chosen[@]}"; do
  [[ " ${together[*]} ${alone[*]} " == *" $name "* ]] || { say "There is no scenario '$name'."; usage >&2; exit 2; }
done
[ -n "$gateway" ] && export FAAS_GATEWAY=$gateway   # `faas up` starts it
result=${result:-$root/artifacts/load-tests/warm-$(date +%Y%m%d-%H%M%S).json}
mkdir -p "$(dirname "$result")" || exit 1
: > "$result" || exit 1
PATH=$PATH:/usr/sbin   # where Debian has nginx, and not every user looks
need dotnet nginx wrk python3

build load-tests/Faas.BareYarp
ulimit -n "$(ulimit -H -n)" 2>/dev/null   # bursts open thousands of connections

# background NAME COMMAND...: sets `pid`.
background() {
  local name=$1
  shift
  "$@" > "$work/$name.log" 2>&1 < /dev/null &
  pid=$!
  others+=("$pid")
}

# listening NAME PORT: waits until it does.
listening() {
  local i
  for ((i = 0; i < 300; i++)); do
    (exec 3<> "/dev/tcp/127.0.0.1/$2") 2>/dev/null && return 0
    sleep 0.1
  done
  cat "$work/$1.log" >&2
  die "$1 does not listen"
}

start_direct() {
  local port
  port=$(free_port)
  background direct "$client" serve --loop yes --socket "$work/direct.sock" --port "$port"
  contenders+=(--direct "$port:$pid")
  listening direct "$port"
}

start_nginx() {
  local port
  port=$(free_port)
  cat > "$work/nginx.conf" <<NGINX
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 9000; }
http {
  access_log off;
  client_body_temp_path $work/n1; proxy_temp_path $work/n2; fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4; scgi_temp_path $work/n5;
  keepalive_requests 100000000;
  client_max_body_size 8m; client_body_buffer_size 2m;
  proxy_max_temp_file_size 0;
  upstream direct { server unix:$work/direct.sock; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$port backlog=4096;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / { proxy_pass http://direct; }
    location /function/echo { proxy_pass http://direct; proxy_buffers 8 32k; proxy_buffer_size 16k; }
    location /function/stream { proxy_pass http://direct; proxy_buffering off; }
  }
}
NGINX
  [ "$(id -u)" = 0 ] && sed -i '1i user root;' "$work/nginx.conf"
  background nginx nginx -e "$work/nginx.log" -c "$work/nginx.conf"
  contenders+=(--nginx "$port:$pid")
  listening nginx "$port"
}

start_yarp() {
  local port
  port=$(free_port)
  background yarp "$root/load-tests/Faas.BareYarp/bin/Release/net10.0/Faas.BareYarp" --socket "$work/direct.sock" --urls "http://127.0.0.1:$port"
  contenders+=(--yarp "$port:$pid")
  listening yarp "$port"
}

# start_server LANGUAGE PROGRAM FILE: a direct server in a language, if the machine has it.
start_server() {
  local port
  need "$2"
  port=$(free_port)
  background "$1" "$2" "$root/load-tests/servers/$3" "$port"
  contenders+=("--$1" "$port:$pid")
  listening "$1" "$port"
}

start_uvicorn() {
  local port
  port=$(free_port)
  background uvicorn /usr/bin/python3 -m uvicorn hello_asgi:app --app-dir "$root/load-tests/servers" --port "$port" --backlog 4096 --loop uvloop --http httptools \
    --no-access-log --log-level warning
  contenders+=(--uvicorn "$port:$pid")
  listening uvicorn "$port"
}

# measure SCENARIO [ARGUMENTS...]
measure() {
  "$client" warm --scenario "$1" --data "$data" --result "$result" --quick "$quick" --rounds "$rounds" --seconds "$seconds" --warm-up "$warm_up" --instances "$instances" --runtime "$runtime" \
    ${contenders[@]+"${contenders[@]}"} "${@:2}" || failed=1
}

# A controller without a gateway: the gateway is what is started and stopped.
measure_start() {
  local admin public
  admin=$(free_port) public=$(free_port)
  data=$work/start
  mkdir -p "$data"
  background controller "$faas" controller --data "$data" --admin "http://127.0.0.1:$admin" --public "http://127.0.0.1:$public" --sandbox process
  listening controller "$admin"
  measure start --gateway "${gateway:-$(dirname "$faas")/platform/gateway/faas-gateway}"
}

# Deployed, copied while the platform is stopped, and there when it starts again.
measure_functions() {
  # What is accounted for a thousand instances is more than machines have; what they use is not.
  local up=(functions process --stems 0 --memory 1000000)
  start_platform "${up[@]}"
  "$client" many-deploy --data "$data" --runtime "$runtime" || { failed=1; return; }
  stop_platform
  "$client" many-copy --data "$data" --quick "$quick" || { failed=1; return; }
  start_platform "${up[@]}"
  measure functions-1000 --pid "$platform_pid"
  stop_platform
}

# What nginx makes of the same: as many Python servers behind it, each a process of its own. Begins when the platform has stopped: both together are more than most machines have.
measure_functions_nginx() {
  local port count=1000 i
  [ "$quick" = yes ] && count=50
  i=$(awk '/^MemAvailable/ { print int($2 / 1024 / 20) }' /proc/meminfo)   # as the platform's: ManyFunctions.InstanceMiB
  [ "$i" -lt "$count" ] && count=$i
  port=$(free_port)
  mkdir -p "$work/many"
  background many bash "$root/load-tests/servers/many.sh" "$count" "$work/many"
  local servers=$pid
  say "starting $count Python servers"
  until [ -e "$work/many/ready" ]; do kill -0 "$servers" 2>/dev/null || die "the servers did not start"; sleep 0.1; done
  {
    printf 'worker_processes 1;\nworker_rlimit_nofile 20000;\ndaemon off;\npid %s;\nerror_log %s;\nevents { worker_connections 9000; }\n' "$work/nginx-many.pid" "$work/nginx-many.log"
    printf 'http {\naccess_log off;\nkeepalive_requests 100000000;\n'
    for ((i = 0; i < count; i++)); do
      printf 'upstream u%d { server unix:%s/%d.sock; keepalive 64; keepalive_requests 100000000; }\n' "$i" "$work/many" "$i"
    done
    printf 'server {\nlisten 127.0.0.1:%s backlog=4096;\nproxy_http_version 1.1;\nproxy_set_header Connection "";\nlocation = /function/one { proxy_pass http://u0; }\n' "$port"
    for ((i = 0; i < count; i++)); do printf 'location = /function/f%d { proxy_pass http://u%d; }\n' "$i" "$i"; done
    printf '}\n}\n'
  } > "$work/nginx-many.conf"
  [ "$(id -u)" = 0 ] && sed -i '1i user root;' "$work/nginx-many.conf"
  background nginx-many nginx -e "$work/nginx-many.log" -c "$work/nginx-many.conf"
  listening nginx-many "$port"
  data=$work
  measure functions-1000-nginx --nginx "$port:$pid" --servers "$servers" --called "$count"
  kill -TERM "$pid" "$servers"
}

failed=0 contenders=()
wanted() { local name; for name in "${chosen[@]}"; do [[ " $* " == *" $name "* ]] && return 0; done; return 1; }
if wanted "${together[@]}"; then
  start_direct
  start_nginx
  start_yarp
  wanted node node-shared && start_server node node hello.js
  wanted python python-shared http-shared && start_server python python3 hello.py
  wanted uvicorn uvicorn-shared && start_uvicorn
  start_platform warm process --stems 0
  for name in "${together[@]}"; do wanted "$name" && measure "$name" --pid "$platform_pid"; done
  stop_platform
fi
if wanted memory; then
  start_platform memory process --stems 0
  measure memory --pid "$platform_pid"
  stop_platform
fi
wanted functions-1000 && measure_functions
wanted functions-1000-nginx && measure_functions_nginx
wanted start && measure_start

"$client" warm-report --result "$result" --report "${result%.json}.md" || failed=1
say "report: ${result%.json}.md"
echo "$result"
exit $failed
