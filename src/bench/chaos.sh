#!/usr/bin/env bash
# Kills and stops one of three Aerospike nodes while clients read, and compares every answer with the text.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/chaos.sh [options]

  --lines N         lines of the text (200000)
  --rounds N        number of rounds (3)
  --connections N   connections that read all the time (32)

In each round one of three nodes, with two copies of each line, is killed, started again, and another one is stopped for ten
seconds. Prints the right answers in the second after the fault, divided by those of a second before it, and how many
answers were refused, missing or wrong, and the longest one.
USAGE
}

FAULT_SECOND=8 SECONDS_EACH=14

read_options() {
  LINES_COUNT=200000 ROUNDS=3 CONNECTIONS=32
  while [ $# -gt 0 ]; do
    case $1 in
      --lines) need_count "$1" "${2:-}" && LINES_COUNT=$2 && shift ;;
      --rounds) need_count "$1" "${2:-}" && ROUNDS=$2 && shift ;;
      --connections) need_count "$1" "${2:-}" && CONNECTIONS=$2 && shift ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

# start_node I: the ports are in PORTS, three for each node.
start_node() {
  local home=$RUN/node-$1 i mesh=''
  mkdir -p "$home"/{work/smd,lua,data}
  for i in 0 1 2; do mesh+="        mesh-seed-address-port 127.0.0.1 ${PORTS[$((3 * i + 2))]}"$'\n'; done
  RUN=$home aerospike_configuration "${PORTS[$((3 * $1))]}" "${PORTS[$((3 * $1 + 1))]}" "${PORTS[$((3 * $1 + 2))]}" |
    sed -e "s#$home/aerospike#$home#; s/cluster-name .*/cluster-name bench-chaos/; s/replication-factor 1/replication-factor 2/" \
      -e "s#filesize .*#filesize 512M#" >"$home/asd.conf.part"
  # The address that the node tells clients, its name, and the other nodes.
  awk -v mesh="$mesh" -v node="node-id a$1" '
    /^service \{/ { print; print "    " node; next }
    /address 127.0.0.1/ && !told { print; print "        access-address 127.0.0.1"; told = 1; next }
    /mode mesh/ { print; printf "%s", mesh; next }
    { print }' "$home/asd.conf.part" >"$home/asd.conf"
  rm -f "$home/pids"
  launch "node-$1" asd --foreground --config-file "$home/asd.conf"
}

cluster_is_whole() {
  local i
  for i in 0 1 2; do
    [ "$(aerospike_info "${PORTS[$((3 * i))]}" statistics 2>/dev/null | tr ';' '\n' | grep -x 'cluster_size=3')" ] || return 1
    [ "$(aerospike_info "${PORTS[$((3 * i))]}" namespace/lines | tr ';' '\n' |
      grep -cE '^(migrate_tx_partitions_remaining|migrate_rx_partitions_remaining)=0$')" = 2 ] || return 1
  done
}

# reads FORM ROUND FAULT COMMAND ...: reads all the time, and runs the command in the middle.
reads() {
  local form=$1 round=$2 fault=$3 out=$RUN/oracle-$1-$2-$3
  shift 3
  : >"$out"
  "$JAVA" -Xmx256m -XX:+UseSerialGC -cp "$(compile Oracle "$BENCH/Oracle.java")" Oracle "$TEXT" "$(cat "$RUN/server-$form/port")" \
    "$CONNECTIONS" "$SECONDS_EACH" "$round" >"$out" &
  local oracle=$!
  until [ "$(grep -c SECOND "$out" || true)" = "$FAULT_SECOND" ]; do sleep 0.02; done
  "$@"
  wait "$oracle"
  # The fault begins a little after the beginning of its second.
  awk -v at=$FAULT_SECOND '
    $2 >= at - 5 && $2 < at { before += $3 / 5 }
    $2 == at { after = $3 }
    { refused += $4; missing += $5; wrong += $6; if ($2 >= at && $7 > longest) longest = $7 }
    END { print after / before, refused, missing, wrong, longest }' "$out" >>"$RUN/result-$form-$fault"
}

# send SIGNAL NODE
send() { process_ids "node-$2" | xargs kill -"$1"; }

# round FORM ROUND
round() {
  local node=$(($2 % 3)) other=$((($2 + 1) % 3))
  reads "$1" "$2" killed send KILL "$node"
  start_node "$node"
  await 180 "node-$node" cluster_is_whole || die 'the cluster did not become whole'
  reads "$1" "$2" stopped send STOP "$other"
  send CONT "$other"
  await 180 "node-$other" cluster_is_whole || die 'the cluster did not become whole'
}

column() { awk -v n="$2" '{ print $n }' "$1"; }

print_bars() {
  local form fault file
  heading "Three nodes, two copies, $CONNECTIONS connections, $LINES_COUNT lines"
  begin_bars
  for form in $(forms); do
    for fault in killed stopped; do
      file=$RUN/result-$form-$fault
      column "$file" 1 | bar "$form, a node is $fault: right answers in the second after ÷ before" at-least 0.8
      column "$file" 2 | bar "… answers with status 503" at-most 0
      column "$file" 3 | bar "… requests without an answer" at-most 0
      column "$file" 4 | bar "… other answers" at-most 0
      column "$file" 5 | bar "… longest time, ms (--aerospike-timeout is 1,000)" at-most 1000
    done
  done
}

main() {
  read_options "$@"
  open_run
  has asd || die 'asd is missing'
  local i form r
  TEXT=$(keep_text "${LINES_COUNT}lines")
  PORTS=()
  for i in 0 1 2 3 4 5 6 7 8; do PORTS+=("$(free_port)"); done
  for i in 0 1 2; do start_node "$i"; done
  await 180 node-0 cluster_is_whole || die 'the cluster did not start'
  for form in $(forms); do
    server "$form" ingest "$TEXT" --aerospike "127.0.0.1:${PORTS[0]}" --dataset "$form" >&2
    start_server "$form" "server-$form" --aerospike "127.0.0.1:${PORTS[0]}" --dataset "$form"
    for ((r = 1; r <= ROUNDS; r++)); do
      say "$form, round $r of $ROUNDS"
      round "$form" "$r"
    done
    end_processes "server-$form"
  done
  print_bars
  [ ! -e "$RUN/missed" ]
}

main "$@"
