#!/usr/bin/env bash
# Attacks a server on this machine with many connections, while other clients compare every answer with the text.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/siege.sh [options]

  --idle N         connections that are idle after one request (10000)
  --heads N        clients that send a byte of a request head each second (1000)
  --readers N      clients that read 1 KiB of a line of 10 MB (1000)
  --descriptors N  clients of a server that may have 1,024 descriptors (2000)
  --form FORM      jvm or native (jvm)
  --heap SIZE      largest heap of the server (256m)

Each attack lasts about 30 s, on the loopback device only. Prints a row for each: the answers that the other clients have
checked, those that were wrong, the share of requests without an answer 200, the longest one, the time from the end of the
attack until a new client is answered, and the memory of the server (RSS) before, during and for each client.
USAGE
}

OTHERS=8 ATTACK_SECONDS=20 SECONDS_EACH=30

read_options() {
  IDLE=10000 HEADS=1000 READERS=1000 DESCRIPTORS=2000 FORM=jvm HEAP=256m
  while [ $# -gt 0 ]; do
    case $1 in
      --idle) need_count "$1" "${2:-}" && IDLE=$2 && shift ;;
      --heads) need_count "$1" "${2:-}" && HEADS=$2 && shift ;;
      --readers) need_count "$1" "${2:-}" && READERS=$2 && shift ;;
      --descriptors) need_count "$1" "${2:-}" && DESCRIPTORS=$2 && shift ;;
      --form) FORM=${2:-} && shift ;;
      --heap) HEAP=${2:-} && shift ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  [[ $FORM =~ ^(jvm|native)$ ]] || { usage >&2; exit 2; }
}

rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$(process_ids server | head -n 1)/status"; }

# await_answer: prints the seconds until a new client gets a line.
await_answer() {
  local start
  start=$(now_ns)
  until curl -s -o /dev/null -m 1 "http://127.0.0.1:$PORT/lines/1"; do sleep 0.02; done
  seconds_since "$start"
}

# attack NAME CLIENTS PATH
attack() {
  local name=$1 clients=$2 path=$3 before during recovery ticks siege oracle
  say "$name: $clients clients"
  : >"$RUN/oracle"
  "$JAVA" -Xmx512m -XX:+UseSerialGC -cp "$CLIENTS_PATH:$(compile Oracle "$BENCH/Oracle.java")" Oracle "$TEXT" "$PORT" $OTHERS \
    "$SECONDS_EACH" 1 >"$RUN/oracle" &
  oracle=$!
  until [ "$(grep -c SECOND "$RUN/oracle" || true)" -ge 4 ]; do sleep 0.05; done
  before=$(rss_kb)
  ticks=$(cpu_ticks server)
  "$JAVA" -Xmx512m -XX:+UseSerialGC -cp "$CLIENTS_PATH" Siege "${name%%-*}" "$PORT" "$clients" $ATTACK_SECONDS "$path" >"$RUN/siege" &
  siege=$!
  sleep $((ATTACK_SECONDS - 4))
  during=$(rss_kb)
  ticks=$(($(cpu_ticks server) - ticks))
  wait "$siege"
  recovery=$(await_answer)
  wait "$oracle"
  awk -v name="$name" -v clients="$clients" -v before="$before" -v during="$during" -v recovery="$recovery" '
    FILENAME ~ /siege$/ && /^CLIENTS/ { closed = $4; life = $5 }
    FILENAME ~ /oracle$/ && $2 >= 4 {
      good += $3; bad += $4 + $5; wrong += $6; if ($7 > longest) longest = $7
    }
    END {
      printf "| %s | %d clients; %d closed by the server, after at most %.1f s | %d | %d | %.4f | %d ms | %.2f s | %d → %d MiB, %.0f KiB each |\n",
        name, clients, closed, life / 1000, good + bad + wrong, wrong, bad / (good + bad + wrong), longest, recovery,
        before / 1024, during / 1024, (during - before) / clients
    }' "$RUN/siege" "$RUN/oracle"
}

# start LIMIT: starts the server with a limit of descriptors. Java raises the soft limit to the hard one, so it must be both.
start() {
  local heap=()
  [ "$FORM" = jvm ] || heap=(-Xmx"$HEAP")
  (
    ulimit -n "$1"
    JAVA_TOOL_OPTIONS=-Xmx$HEAP start_server "$FORM" server --data-dir "$RUN/data" "${heap[@]}"
  )
  PORT=$(cat "$RUN/server/port")
  "$JAVA" -Xmx512m -XX:+UseSerialGC -cp "$(compile Oracle "$BENCH/Oracle.java")" Oracle "$TEXT" "$PORT" $OTHERS 5 2 >/dev/null
}

main() {
  read_options "$@"
  open_run
  [ -z "$(server_missing "$FORM")" ] || die "missing: $(server_missing "$FORM")"
  TEXT=$(keep_text 200000lines)
  CLIENTS_PATH=$(compile Siege "$BENCH/Siege.java")
  server "$FORM" ingest "$TEXT" --data-dir "$RUN/data" >&2
  { head -c 10000000 /dev/zero | tr '\0' x && echo; } >"$RUN/long.txt"
  server "$FORM" ingest "$RUN/long.txt" --dataset long --data-dir "$RUN/data" >&2
  heading "$FORM, heap $HEAP, $OTHERS other clients"
  echo '| attack | injected | checked | wrong | failed share | longest answer | recovery | memory (RSS) |'
  echo '|---|---|---:|---:|---:|---:|---:|---|'
  start "$(ulimit -Hn)"
  attack idle "$IDLE" /lines/1
  attack heads "$HEADS" /lines/1
  attack readers "$READERS" /datasets/long/lines/1
  end_processes server
  start 1024
  attack idle-without-descriptors "$DESCRIPTORS" /lines/1
  grep -c 'new clients must wait' "$RUN/server/log" >"$RUN/messages" || true
  echo
  echo "Messages about waiting clients: $(cat "$RUN/messages"); other warnings and errors: $(grep -E ' (WARN|ERROR) ' "$RUN/server/log" | grep -vc 'new clients must wait' || true)"
}

main "$@"
