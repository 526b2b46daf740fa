#!/usr/bin/env bash
# Requests per second of a warm function, against nginx in front of the same kind of worker, and against that worker alone.
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/warm.sh [--sandbox docker|process] [--runtime dotnet|node|python] [--rounds N] [--seconds N]

  --sandbox   where the function runs; default process (over unix sockets it makes no difference to a warm call)
  --runtime   the function's runtime; default dotnet, which is what the worker behind nginx is
  --rounds    rounds; default 5. Each loads ours, nginx and the worker alone one after the other, in another order every round
  --seconds   seconds of each load; default 4

nginx: one process, keep-alive to its upstream over a unix socket, no access log. The worker behind it is load-tests/Faas.LoadTests serve:
C#, a thread for each connection with blocking calls, like the platform's own worker. All share the machine's cores with wrk -t1.

The last line is a JSON array, one object for each number of connections:
  {"connections","rounds","oursPerSecond","nginxPerSecond","directPerSecond","ratioToNginx","ratioToDirect"}
USAGE
}

options sandbox=process runtime=dotnet rounds=5 seconds=4 -- "$@"
need dotnet nginx wrk curl python3
build

direct_port=$(free_port)
nginx_port=$(free_port)

"$client" serve --socket "$work/hello.sock" --port "$direct_port" > "$work/serve.log" 2>&1 &
others+=($!)
cat > "$work/nginx.conf" <<NGINX
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $work/n1; proxy_temp_path $work/n2; fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4; scgi_temp_path $work/n5;
  keepalive_requests 100000000;
  upstream hello { server unix:$work/hello.sock; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$nginx_port;
    location / { proxy_pass http://hello; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
NGINX
[ "$(id -u)" = 0 ] && sed -i '1i user root;' "$work/nginx.conf"
for ((i = 0; i < 100; i++)); do [ -S "$work/hello.sock" ] && break; sleep 0.1; done
nginx -e "$work/nginx.log" -c "$work/nginx.conf" > "$work/nginx.out" 2>&1 &
others+=($!)

start_platform warm "$sandbox"
callers=$("$client" deploy --data "$data" --runtime "$runtime" --concurrency 32) || exit 1

declare -A url=([ours]="http://$callers/function/hello" [nginx]="http://127.0.0.1:$nginx_port/function/hello" [direct]="http://127.0.0.1:$direct_port/function/hello")
for target in ours nginx direct; do
  answer=$(curl -sf "${url[$target]}") || die "$target does not answer: $(cat "$work/nginx.log" "$work/nginx.out" 2>/dev/null)"
  [ "$answer" = '{"message":"Hello, world"}' ] || die "$target answers something else: $answer"
done

# load TARGET CONNECTIONS SECONDS: prints requests per second; fails when an answer was not 2xx.
load() {
  local output
  output=$(wrk -t1 -c"$2" -d"$3s" "${url[$1]}")
  if grep -qE 'Non-2xx|Socket errors' <<< "$output"; then
    say "$1 at $2 connections: $output"
    return 1
  fi
  awk '$1 == "Requests/sec:" { print $2 }' <<< "$output"
}

for connections in 1 32; do
  for target in ours nginx direct; do load "$target" "$connections" 5 > /dev/null || die "warm-up failed"; done
  for ((round = 0; round < rounds; round++)); do
    order=(ours nginx direct)
    [ $((round % 2)) = 1 ] && order=(direct nginx ours)
    for target in "${order[@]}"; do
      rate=$(load "$target" "$connections" "$seconds") || die "round failed"
      say "$connections connections, round $((round + 1)): $target $rate/s"
      echo "$connections $target $rate" >> "$work/rounds"
    done
  done
done
stop_platform
"$client" ratios --rounds "$work/rounds"
