#!/bin/bash
# Checks that this Aerospike node is in a stable cluster of SIZE nodes.
# aerospike-health.sh [SIZE]   exits with 0 if it is. Without SIZE, accepts any number of nodes.
# Uses the info protocol over a TCP connection of bash: the bytes 2 and 1, six bytes of length, the request.
set -u
request="cluster-stable:${1:+size=$1;}ignore-migrations=true"$'\n'

exec 2>/dev/null # a refused connection needs no message: the exit code says it
exec 3<>/dev/tcp/127.0.0.1/"${AEROSPIKE_PORT:-3000}" || exit 1
printf "\2\1\0\0\0\0\0\\x$(printf %x ${#request})%s" "$request" >&3
# The answer: a header of eight bytes, of which bash drops the zeros; the request; a tab; the cluster key.
IFS=$'\t' read -r -t 2 _ key <&3
[[ $key =~ ^[0-9A-F]+$ ]]
