#!/bin/bash
# Usage: restart_server.sh PORT
# Tells the server on a port of 127.0.0.1 to end, and returns when another has taken its place: to a
# client that was connected, what an upgrade or a crash looks like.
set -u

# The server's process id; nothing, with a status that says so, while there is no server.
server_pid() {
  { exec 3<> "/dev/tcp/127.0.0.1/$1"; } 2> /dev/null || return 1
  printf 'stats\r\nquit\r\n' >&3
  sed -n 's/^STAT pid \([0-9]*\)\r$/\1/p' <&3 2> /dev/null
  exec 3>&-
}

old=$(server_pid "$1") && [ -n "$old" ] || { echo "no server on port $1" >&2; exit 1; }
{ exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'shutdown\r\n' >&3; } || exit 1
cat <&3 > /dev/null
exec 3>&-
for _ in {1..1500}; do
  new=$(server_pid "$1") && [ -n "$new" ] && [ "$new" != "$old" ] && exit 0
  sleep 0.01
done
echo "no new server on port $1" >&2
exit 1
