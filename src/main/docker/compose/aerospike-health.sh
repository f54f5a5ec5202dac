#!/bin/bash
# Is this Aerospike node part of a cluster of SIZE nodes that agree with each other?
# aerospike-health.sh [SIZE]   exit 0 when so. Without SIZE any number will do.
# Speaks the info protocol over bash's own TCP: 2, 1, six bytes of length, the request.
set -u
request="cluster-stable:${1:+size=$1;}ignore-migrations=true"$'\n'

exec 2>/dev/null # a refused connection is an answer, not news
exec 3<>/dev/tcp/127.0.0.1/"${AEROSPIKE_PORT:-3000}" || exit 1
printf "\2\1\0\0\0\0\0\\x$(printf %x ${#request})%s" "$request" >&3
# The answer: eight bytes of header, which bash drops the zeros of, the request, tab, a cluster key.
IFS=$'\t' read -r -t 2 _ key <&3
[[ $key =~ ^[0-9A-F]+$ ]]
