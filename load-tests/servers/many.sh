#!/usr/bin/env bash
# As many Python servers as are asked for, each a process of its own:  bash many.sh COUNT FOLDER
# They listen on FOLDER/0.sock, FOLDER/1.sock ...; FOLDER/ready is there when all do. Ends when it is told to, with all of them.
set -uo pipefail
count=$1 folder=$2
hello=$(dirname "${BASH_SOURCE[0]}")/hello.py
# listening I: waits until server I does; ends everything when it has not after a minute.
listening() {
  local tries
  for ((tries = 0; tries < 6000; tries++)); do [ -S "$folder/$1.sock" ] && return; sleep 0.01; done
  kill $(jobs -p) 2>/dev/null
  exit 1
}
trap 'kill $(jobs -p) 2>/dev/null; exit 0' INT TERM
for ((i = 0; i < count; i++)); do
  python3 -S "$hello" "$folder/$i.sock" &
  # Eight at a time, as the platform starts them.
  [ "$i" -lt 8 ] || listening $((i - 8))
done
for ((i = 0; i < count; i++)); do listening "$i"; done
touch "$folder/ready"
wait
