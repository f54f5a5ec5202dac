#!/bin/bash
# Runs the program as its image would, where there is no container engine: the image's own
# entrypoint, user and environment, a read-only root, a small /tmp, a limit of open files; then
# SIGTERM under load. Nothing may fail, and the process must end in time.
#
#   src/test/scripts/as-container.sh [jvm|native]     after ./build.sh [--native]; needs root
#
# Not imitated: the cgroup's memory and CPU limits, and the network.
set -euo pipefail

kind=${1:-jvm}
top=$(cd "$(dirname "$0")/../../.." && pwd)
docker=$top/src/main/docker
uid=10001
port=${AS_CONTAINER_PORT:-18080}
lines=100000 # line N is the number N …
long=40000000 # … and the last line this many bytes, taken slowly: under way when SIGTERM comes
delay=3 timeout=20

say() { echo "as-container: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# --- Outside: the files of the image, and a mount namespace of our own.
case $kind in
  jvm) program=$top/target/quarkus-app ;;
  native) program=$top/target/line-server ;;
  *) fail "jvm or native, not $kind" ;;
esac
if [ -z "${AS_CONTAINER_IMAGE:-}" ]; then
  [ "$(id -u)" = 0 ] || fail "needs root, to become user $uid and to make the root read-only"
  [ -e "$program" ] || fail "$program is not there: build first"
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

# --- Inside: the root is read-only, but for the volume and a small /tmp.
image=$AS_CONTAINER_IMAGE
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}/bin/java
mount --bind "$image/data" "$image/data"
mount -o remount,bind,ro /
mount -t tmpfs -o size=64m,mode=1777,exec tmpfs /tmp
cd /
touch "$image/x" 2>/dev/null && fail "the root is writable"

# The entrypoint is the Dockerfile's own words, with the image's paths put where they are here.
mapfile -t entrypoint < <(
  sed -e :a -e '/\\$/N; s/\\\n//; ta' "$docker/Dockerfile.$kind" | sed -n 's/^ENTRYPOINT \[\(.*\)\]$/\1/p' |
    grep -o '"[^"]*"' | tr -d '"' |
    sed -e "s#^/opt/line-server/#$image/quarkus-app/#" -e "s#^/usr/local/bin/#$image/#" -e "s#^java\$#$java#"
)
[ ${#entrypoint[@]} -gt 0 ] || fail "no ENTRYPOINT in exec form in Dockerfile.$kind"

run() { # the environment of the image and of nothing else
  exec setpriv --reuid $uid --regid $uid --clear-groups --no-new-privs --bounding-set=-all \
    env -i PATH=/usr/bin:/bin HOME=/ LINE_SERVER_HOST=0.0.0.0 LINE_SERVER_PORT="$port" \
    LINE_SERVER_DATA_DIR="$image/data" \
    QUARKUS_SHUTDOWN_DELAY=${delay}s QUARKUS_SHUTDOWN_TIMEOUT=${timeout}s "${entrypoint[@]}" "$@"
}
ready() { LINE_SERVER_PORT=$port "$image/healthcheck.sh" ready; }
get() { curl -sS --max-time 30 "$@"; }

ulimit -n 4096
say "ingest as user $uid on a read-only root"
(run ingest "$image/input/lines.txt") > /tmp/ingest.log 2>&1 || { cat /tmp/ingest.log; fail "ingest"; }

run serve > /tmp/serve.log 2>&1 &
server=$!
trap 'kill -KILL $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do ready && break; kill -0 $server 2>/dev/null || { cat /tmp/serve.log; fail "serve ended"; }; sleep 0.1; done
ready || { cat /tmp/serve.log; fail "not ready within 10 s"; }
LINE_SERVER_PORT=$port "$image/healthcheck.sh" live || fail "not alive"
[ "$(get "http://127.0.0.1:$port/lines/4711")" = 4711 ] || fail "a wrong line"
say "serves as user $(stat -c %u /proc/$server), $(grep -c . /tmp/serve.log) lines of log"

say "SIGTERM, with a long line under way and requests coming"
get --fail --limit-rate 4M "http://127.0.0.1:$port/lines/$((lines + 1))" > /tmp/long.txt &
long_line=$!
sleep 1
kill -TERM $server
stopped=$SECONDS
sleep 0.5
ready && fail "still ready after SIGTERM: no balancer would turn away"
answered=0
end=$((SECONDS + delay - 1))
while [ $SECONDS -lt $end ]; do
  n=$((RANDOM + 1))
  [ "$(get "http://127.0.0.1:$port/lines/$n")" = $n ] || fail "request for line $n, after SIGTERM and before the delay was over"
  answered=$((answered + 1))
done
say "$answered requests answered after SIGTERM"

wait $long_line || fail "the long line was cut: $(stat -c %s /tmp/long.txt) of $long bytes came"
cmp /tmp/long.txt "$image/input/long.txt" || fail "the long line is not what was ingested"
code=0
wait $server || code=$?
took=$((SECONDS - stopped))
[ $took -le $((delay + timeout + 5)) ] || fail "took $took s to stop"
case $code in 0 | 143) ;; *) cat /tmp/serve.log; fail "exit code $code" ;; esac
grep -iE 'warn|error|exception' /tmp/serve.log && fail "the log complains"
say "ok: stopped after $took s with exit code $code, the long line came whole"
