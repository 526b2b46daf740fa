#!/usr/bin/env bash
# kill -9 while triggers take messages from brokers: nothing that a broker has confirmed is lost, and what ran twice says why.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

kinds=(redis-stream redis-batch redis-list rabbitmq mqtt kafka webhook)

usage() {
  cat <<'USAGE'
Usage: bash load-tests/brokers.sh [--kind KIND|all] [--rounds N] [--events N] [--seed S] [options]

  --kind KIND            redis-stream, redis-batch (ten entries an invocation), redis-list, rabbitmq, mqtt, kafka, webhook; default all of them, one after the other
  --rounds N             rounds; default 10
  --events N             messages of a round; default 1000
  --rate N               messages a second on average, in bursts of up to 100; default 200
  --seed S               other moments; default 1
  --callers N            senders at the same time; default 8
  --kills N              kills in a round at most; default 6
  --kill PARTS           what is killed, of controller,gateway,instance,broker; default all of them, the broker only where it keeps on its disk what it has confirmed (Redis, RabbitMQ)
  --logs FOLDER          where logs and recorded runs go when something is wrong; default: nowhere

Real brokers: redis-server (appendfsync always), rabbitmq-server (durable queue, persistent messages, publisher confirms), mosquitto (QoS 1), librdkafka's mock cluster. Messages go to a function that
tells a recorder outside the platform of each run and takes 0 to 20 ms. Meanwhile kill -9 hits parts of the platform, and the broker, at random moments. A message counts when its broker has confirmed it.
When each has run and nothing waits any more, each is looked at:
lost         confirmed, but without a recorded run, or its invocation has not succeeded
duplicates   recorded more than once
unexplained  a run without an attempt of its own in the history, a second one after a success, or two invocations of a message that has an identity (all but mqtt and redis-batch)
misbilled    more usage records than attempts that ended, or another number of them for successes than there are

Functions run in the process sandbox. The last line of each kind is JSON: {"accepted","completed","deadLettered","lost","duplicates","unexplained","misbilled","kills"}.
The exit code is 1 when something is lost, unexplained or misbilled, or messages still wait after four minutes.
USAGE
}

options kind=all rounds=10 events=1000 rate=200 seed=1 callers=8 kills=6 kill= logs= -- "$@"
[ "$kind" = all ] || [[ " ${kinds[*]} " == *" $kind "* ]] || { usage >&2; exit 2; }
need dotnet python3

# keep COMMAND...: starts a broker again on the same folder whenever it ends, as a service would, until it is told to end itself. Its pid is in the folder.
keep() {
  local server=""
  trap 'kill "$server" 2>/dev/null; wait "$server"; exit 0' TERM
  while true; do
    "$@" >> "$work/broker.log" 2>&1 &
    server=$!
    echo "$server" > "$work/broker/pid"
    wait "$server"
    sleep 0.2
  done
}

# start_broker KIND: sets `address`, and `broker` to what the client must know to kill it.
start_broker() {
  local port i
  rm -rf "$work/broker" && mkdir -p "$work/broker"
  port=$(free_port)
  address=127.0.0.1:$port broker=()
  case $1 in
    redis-*)
      need redis-server
      keep redis-server --bind 127.0.0.1 --port "$port" --dir "$work/broker" --appendonly yes --appendfsync always --save "" & ;;
    rabbitmq) keep bash "$root/tests/servers/rabbitmq.sh" "$work/broker" "$port" & ;;
    mqtt) keep bash "$root/tests/servers/mosquitto.sh" "$work/broker" "$port" & ;;
    kafka)
      "$client" mock-kafka --topic chaos --partitions 4 > "$work/broker/ready" 2>> "$work/broker.log" & ;;
    webhook) return 0 ;;
  esac
  others+=($!)
  broker_pid=$!
  for ((i = 0; i < 600; i++)); do
    if [ "$1" = kafka ]; then
      address=$(sed -n 's/^ready //p' "$work/broker/ready") && [ -n "$address" ] && break
    else
      (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    fi
    sleep 0.1
  done
  case $1 in redis-*|rabbitmq) broker=(--broker-pid "$work/broker/pid") ;; esac
}

stop_broker() {
  [ -n "${broker_pid:-}" ] && kill "$broker_pid" 2>/dev/null && wait "$broker_pid" 2>/dev/null
  broker_pid=""
}

: # built
failed=0
for one in "${kinds[@]}"; do
  [ "$kind" = all ] || [ "$kind" = "$one" ] || continue
  say "== $one"
  start_broker "$one"
  start_platform "p-$one" process
  "$client" brokers --data "$data" --kind "$one" --address "$address" --rounds "$rounds" --events "$events" --rate "$rate" --seed "$seed" --callers "$callers" --kills "$kills" --kill "$kill" \
    --runs "$work/runs-$one.log" ${broker[@]+"${broker[@]}"} || failed=1
  stop_platform
  stop_broker
  if [ $failed != 0 ] && [ -n "$logs" ]; then
    mkdir -p "$logs" && cp -r "$work"/*.log "$data/logs" "$logs"
    say "logs are in $logs"
  fi
done
exit $failed
