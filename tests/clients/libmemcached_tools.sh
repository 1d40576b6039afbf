#!/bin/bash
# Usage: libmemcached_tools.sh PORT SOCKET PORT PORT
# Copies files into the cache and back with the tools of libmemcached.
set -u
for tool in memccp memccat memcexist memctouch memcrm memcstat memcping memcflush memcslap \
            memcaslap; do
  command -v $tool > /dev/null || { echo "$tool of libmemcached-tools is not installed" >&2; exit 77; }
done

server="--servers=127.0.0.1:$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
# expect STATUS COMMAND...: runs it with a limit in time.
expect() {
  local wanted=$1
  shift
  timeout 20 "$@" > out 2> err
  local status=$?
  [ $status -eq "$wanted" ] || fail "'$*' exited with $status, not $wanted: $(cat out err)"
}

expect 0 memcping "$server"

# Text, nothing, line ends, and binary files up to 1.5 MB.
printf 'hello world' > greeting
: > empty
printf 'a\r\nEND\r\nb\r\n' > lines
for size in 1000 65536 300000 1500000; do
  head -c $size /dev/urandom > random-$size
done
files="greeting empty lines random-1000 random-65536 random-300000 random-1500000"
# shellcheck disable=SC2086
expect 0 memccp "$server" $files
for file in $files; do
  # memccat adds a newline when it prints, not when it writes a file.
  expect 0 memccat "$server" --file="$file.back" "$file"
  cmp -s "$file" "$file.back" || fail "$file came back different"
  expect 0 memcexist "$server" "$file"
done

expect 0 memccp "$server" --flags=42 greeting
expect 0 memccat "$server" --flags greeting
grep -q 42 out || fail "flags were lost: $(cat out)"

# add does not replace, replace does not add.
printf 'second' > greeting
expect 1 memccp "$server" --add greeting
expect 0 memccat "$server" greeting
grep -q 'hello world' out || fail "add replaced a value: $(cat out)"
expect 0 memccp "$server" --replace greeting
expect 0 memccat "$server" greeting
grep -q 'second' out || fail "replace did not: $(cat out)"
printf 'x' > fresh
expect 1 memccp "$server" --replace fresh
expect 1 memcexist "$server" fresh

expect 0 memctouch "$server" --expire=1000 greeting
expect 1 memctouch "$server" --expire=1000 nobody
expect 0 memcexist "$server" greeting

expect 0 memcrm "$server" greeting
expect 1 memcrm "$server" greeting
expect 1 memcexist "$server" greeting
expect 1 memccat "$server" greeting

expect 0 memcstat "$server"
# memcexist asks with an add that is already expired: some of those may still be counted.
grep -q 'curr_items: [6-9]$' out || fail "curr_items: $(cat out)"
expect 0 memcstat "$server" settings
grep -q 'item_size_max: 2097152' out || fail "settings: $(cat out)"

# A little load of its own making: 4 clients at once, gets and sets.
for test in set get mget; do
  expect 0 memcslap "$server" --concurrency=4 --execute-number=200 --initial-load=200 --test=$test
done


# memcaslap verifies what it reads: 16 connections, one get in ten checked, multigets of 10 keys.
expect 0 memcaslap "$server" --threads=2 --concurrency=16 --execute_number=20000 --verify=0.1 \
  --win_size=1k --division=10 --fixed_size=100
grep -q '^cmd_get: [1-9]' out || fail "no gets: $(cat out)"
for counter in verify_misses verify_failed; do
  grep -q "^$counter: 0$" out || fail "$counter: $(cat out)"
done

expect 0 memcflush "$server"
expect 1 memcexist "$server" lines

# A UNIX socket, and three servers of which each holds a share.
expect 0 memccp --servers="$2" lines
expect 0 memccat --servers="$2" --file=lines.back lines
cmp -s lines lines.back || fail "lines came back different over the UNIX socket"
all="--servers=127.0.0.1:$1,127.0.0.1:$3,127.0.0.1:$4"
for i in {1..30}; do echo "$i" > "share$i"; done
expect 0 memccp "$all" share*
# shellcheck disable=SC2046
expect 0 memccat "$all" $(printf 'share%s ' {1..30})
[ "$(wc -l < out)" -ge 30 ] || fail "shares: $(cat out)"
expect 0 memcstat "$all"
[ "$(grep -c 'curr_items: [1-9]' out)" -eq 3 ] || fail "each server has a share: $(cat out)"
expect 0 memcflush "$all"
expect 1 memcexist "$all" share7
echo "all well"
