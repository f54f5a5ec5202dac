#!/bin/bash
# Health without curl, which neither image has: asks the program over bash's own TCP.
# healthcheck.sh [live|ready]   exit 0 when it answers 200, 1 otherwise.
# LINE_SERVER_HEALTH_PORT: where /q is, when it is not on the port that serves lines.
set -u
probe=${1:-live}
port=${LINE_SERVER_HEALTH_PORT:-${LINE_SERVER_PORT:-8080}}

exec 2>/dev/null # a refused connection is an answer, not news
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
# HTTP/1.0: the server closes the connection, nobody waits for more.
printf 'GET /q/health/%s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$probe" >&3
read -r -t 2 _ status _ <&3 || exit 1
[ "$status" = 200 ]
