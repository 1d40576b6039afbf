#!/bin/bash
# Usage: memccapable.sh PORT
set -u
command -v memccapable > /dev/null || { echo "libmemcached-tools is not installed" >&2; exit 77; }

output=$(timeout 50 memccapable -a -v -h 127.0.0.1 -p "$1" 2>&1)
status=$?
echo "$output"
# It exits with 0 even after some failures.
[ $status -eq 0 ] && ! grep -q '\[FAIL\]' <<< "$output" && grep -q 'All tests passed' <<< "$output"
