#!/bin/bash
# healthcheck.sh [live|ready]: succeeds if the probe returns 200, and fails otherwise.
# Uses the TCP of bash, because the images do not contain curl.
# LINE_SERVER_HEALTH_PORT: the port of /q, if it differs from the port that serves lines.
set -u
probe=${1:-live}
port=${LINE_SERVER_HEALTH_PORT:-${LINE_SERVER_PORT:-8080}}

exec 2>/dev/null # a refused connection is an expected result and needs no message
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
# With HTTP/1.0 the server closes the connection after its response.
printf 'GET /q/health/%s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$probe" >&3
read -r -t 2 _ status _ <&3 || exit 1
[ "$status" = 200 ]
