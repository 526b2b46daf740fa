#!/usr/bin/env bash
# Runs a RabbitMQ broker of its own in the foreground:  rabbitmq.sh FOLDER PORT [DEFINITIONS]
#
# Everything that it keeps is below FOLDER; started again on the same one, durable queues and persistent messages are there. It listens on 127.0.0.1:PORT for AMQP, and on
# 127.0.0.2:PORT for other Erlang nodes, of which there are none. DEFINITIONS is a file of users, virtual hosts and permissions as `rabbitmqctl export_definitions` writes it;
# without one there is the user guest with the password guest. This process becomes the broker: SIGTERM ends it in order, SIGKILL in the middle of whatever it does, and neither
# leaves a process behind.
set -euo pipefail
[ $# = 2 ] || [ $# = 3 ] || { echo "Usage: rabbitmq.sh FOLDER PORT [DEFINITIONS]" >&2; exit 2; }
mkdir -p "$1/rabbitmq"
folder=$(cd "$1/rabbitmq" && pwd) port=$2 name="faas-$2@localhost"

touch "$folder/enabled_plugins" "$folder/environment"
cat > "$folder/rabbitmq.conf" <<CONFIGURATION
listeners.tcp.1 = 127.0.0.1:$port
log.console = true
log.console.level = warning
log.file = false
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
CONFIGURATION
[ $# = 2 ] || echo "load_definitions = $(realpath "$3")" >> "$folder/rabbitmq.conf"

export HOME=$folder   # for the cookie
export RABBITMQ_CONF_ENV_FILE=$folder/environment RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins
export RABBITMQ_MNESIA_BASE=$folder/mnesia RABBITMQ_LOG_BASE=$folder/log RABBITMQ_PID_FILE=$folder/pid RABBITMQ_NODENAME=$name RABBITMQ_DIST_PORT=$port
# Erlang nodes find each other by a daemon, epmd, which would stay behind. A node that has its name and port before RabbitMQ starts does without; the flags are in the environment for
# the node that RabbitMQ starts each minute to have an epmd.
export ERL_FLAGS="-start_epmd false -erl_epmd_port $port"
# One scheduler, as others need the machine, too.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-sname $name -kernel inet_dist_use_interface {127,0,0,2} +S 1:1 +SDcpu 1:1 +SDio 4 +A 4"
# So that the script of the package becomes the broker instead of watching it.
export RUNNING_UNDER_SYSTEMD=true
exec /usr/lib/rabbitmq/bin/rabbitmq-server
