#!/usr/bin/env bash
# Runs a Mosquitto broker of its own in the foreground:  mosquitto.sh FOLDER PORT [PASSWORD_FILE]
#
# Everything that it keeps is below FOLDER; started again on the same one, sessions and their messages are there as they were saved last. It saves, all of it, after each round of
# work that has changed something, which may be just after it has acknowledged a message. It listens on 127.0.0.1:PORT only. Without PASSWORD_FILE (made by mosquitto_passwd) anybody
# may connect. This process becomes the broker.
set -euo pipefail
[ $# = 2 ] || [ $# = 3 ] || { echo "Usage: mosquitto.sh FOLDER PORT [PASSWORD_FILE]" >&2; exit 2; }
mkdir -p "$1/mosquitto"
folder=$(cd "$1/mosquitto" && pwd) port=$2

{
  echo "listener $port 127.0.0.1"
  if [ $# = 3 ]; then
    printf 'allow_anonymous false\npassword_file %s\n' "$(realpath "$3")"
  else
    echo "allow_anonymous true"
  fi
  cat <<CONFIGURATION
persistence true
persistence_location $folder/
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
set_tcp_nodelay true
log_dest stdout
log_type error
log_type warning
log_type notice
CONFIGURATION
  [ "$(id -u)" != 0 ] || echo "user root"   # it would become another user, who may not write into the folder
} > "$folder/mosquitto.conf"

exec "$(PATH=$PATH:/usr/sbin command -v mosquitto)" -c "$folder/mosquitto.conf"
