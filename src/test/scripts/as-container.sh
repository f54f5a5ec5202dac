#!/bin/bash
# Runs the program as its image does, but without a container engine: with the image's
# entrypoint, user and environment, a read-only root, a small /tmp and a limit of open files. Then
# sends SIGTERM under load. No request may fail, and the process must end in time.
#
#   src/test/scripts/as-container.sh [jvm|native]     after ./build.sh [--native]; needs root
#
# Does not imitate the cgroup's memory and CPU limits, nor the network.
set -euo pipefail

kind=${1:-jvm}
top=$(cd "$(dirname "$0")/../../.." && pwd)
docker=$top/src/main/docker
uid=10001
port=${AS_CONTAINER_PORT:-18080}
lines=100000 # line N is the number N
long=40000000 # length of the last line, read slowly, so that it is in flight at SIGTERM
delay=3 timeout=20

say() { echo "as-container: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# --- Outside: copies the files of the image and enters a new mount namespace.
case $kind in
  jvm) program=$top/target/quarkus-app ;;
  native) program=$top/target/line-server ;;
  *) fail "unknown kind $kind: use jvm or native" ;;
esac
if [ -z "${AS_CONTAINER_IMAGE:-}" ]; then
  [ "$(id -u)" = 0 ] || fail "must run as root, to become user $uid and to remount the root read-only"
  [ -e "$program" ] || fail "$program does not exist: run build.sh first"
  image=$(mktemp -d /var/tmp/as-container.XXXXXX)
  trap 'rm -rf "$image"' EXIT
  mkdir "$image/data" "$image/input"
  cp -r "$program" "$docker/healthcheck.sh" "$image/"
  head -c $long /dev/zero | tr '\0' x > "$image/input/long.txt"
  (seq $lines; cat "$image/input/long.txt") > "$image/input/lines.txt"
  chmod -R a+rX "$image"
  chown $uid:$uid "$image/data"
  AS_CONTAINER_IMAGE=$image unshare --mount --propagation private "$0" "$@"
  exit
fi

# --- Inside: the root is read-only, except for the volume and a small /tmp.
image=$AS_CONTAINER_IMAGE
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}/bin/java
mount --bind "$image/data" "$image/data"
mount -o remount,bind,ro /
mount -t tmpfs -o size=64m,mode=1777,exec tmpfs /tmp
cd /
touch "$image/x" 2>/dev/null && fail "the root is writable"

# The entrypoint is read from the Dockerfile, and the image's paths are replaced by those of the copies.
mapfile -t entrypoint < <(
  sed -e :a -e '/\\$/N; s/\\\n//; ta' "$docker/Dockerfile.$kind" | sed -n 's/^ENTRYPOINT \[\(.*\)\]$/\1/p' |
    grep -o '"[^"]*"' | tr -d '"' |
    sed -e "s#^/opt/line-server/#$image/quarkus-app/#" -e "s#^/usr/local/bin/#$image/#" -e "s#^java\$#$java#"
)
[ ${#entrypoint[@]} -gt 0 ] || fail "no ENTRYPOINT in exec form in Dockerfile.$kind"

run() { # with the environment of the image only
  exec setpriv --reuid $uid --regid $uid --clear-groups --no-new-privs --bounding-set=-all \
    env -i PATH=/usr/bin:/bin HOME=/ LINE_SERVER_HOST=0.0.0.0 LINE_SERVER_PORT="$port" \
    LINE_SERVER_DATA_DIR="$image/data" \
    QUARKUS_SHUTDOWN_DELAY=${delay}s QUARKUS_SHUTDOWN_TIMEOUT=${timeout}s "${entrypoint[@]}" "$@"
}
ready() { LINE_SERVER_PORT=$port "$image/healthcheck.sh" ready; }
get() { curl -sS --max-time 30 "$@"; }

ulimit -n 4096
say "ingest as user $uid on a read-only root"
(run ingest "$image/input/lines.txt") > /tmp/ingest.log 2>&1 || { cat /tmp/ingest.log; fail "the ingest failed"; }

run serve > /tmp/serve.log 2>&1 &
server=$!
trap 'kill -KILL $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do ready && break; kill -0 $server 2>/dev/null || { cat /tmp/serve.log; fail "serve has ended"; }; sleep 0.1; done
ready || { cat /tmp/serve.log; fail "not ready within 10 s"; }
LINE_SERVER_PORT=$port "$image/healthcheck.sh" live || fail "the liveness probe failed"
[ "$(get "http://127.0.0.1:$port/lines/4711")" = 4711 ] || fail "line 4711 has other bytes"
say "serves as user $(stat -c %u /proc/$server), $(grep -c . /tmp/serve.log) lines of log"

say "SIGTERM during a long response and new requests"
get --fail --limit-rate 4M "http://127.0.0.1:$port/lines/$((lines + 1))" > /tmp/long.txt &
long_line=$!
sleep 1
kill -TERM $server
stopped=$SECONDS
sleep 0.5
ready && fail "still ready after SIGTERM, so that balancers keep sending requests"
answered=0
end=$((SECONDS + delay - 1))
while [ $SECONDS -lt $end ]; do
  n=$((RANDOM + 1))
  [ "$(get "http://127.0.0.1:$port/lines/$n")" = $n ] || fail "a request for line $n failed during the shutdown delay"
  answered=$((answered + 1))
done
say "$answered requests answered after SIGTERM"

wait $long_line || fail "the long line was truncated after $(stat -c %s /tmp/long.txt) of $long bytes"
cmp /tmp/long.txt "$image/input/long.txt" || fail "the long line differs from the ingested one"
code=0
wait $server || code=$?
took=$((SECONDS - stopped))
[ $took -le $((delay + timeout + 5)) ] || fail "took $took s to stop"
case $code in 0 | 143) ;; *) cat /tmp/serve.log; fail "exit code $code" ;; esac
grep -iE 'warn|error|exception' /tmp/serve.log && fail "the log contains warnings or errors"
say "ok: stopped after $took s with exit code $code, the long line arrived whole"
