# shellcheck shell=bash
# Three real Aerospike nodes with two copies of each record. Clients reach the last node through a proxy that can delay its
# answers. PORTS has three ports of each node, for clients, for records and for heartbeats.

NODES=3
PROXIED=2
# Nodes write blocks of 8 MB: a smaller file has no free block long before it is full of records.
NODE_FILE_SIZE=${NODE_FILE_SIZE:-1G}

open_nodes() {
  local i
  PORTS=()
  for ((i = 0; i < 3 * NODES; i++)); do PORTS+=("$(free_port)"); done
  PROXY_PORT=$(free_port)
  echo 0 >"$RUN/delay"
  launch proxy "$JAVA" -Xmx256m -XX:+UseSerialGC -cp "$(compile DelayProxy "$BENCH/DelayProxy.java")" DelayProxy \
    "$PROXY_PORT" "$(node_port $PROXIED)" "$RUN/delay"
  for ((i = 0; i < NODES; i++)); do start_node "$i"; done
  await_whole || die 'the cluster did not start'
}

# node_port I: prints the port for clients.
node_port() { echo "${PORTS[$((3 * $1))]}"; }

# delay_answers MILLIS: delays the answers of the last node from now on.
delay_answers() { echo $(($1 / 2)) >"$RUN/delay"; }

# start_node I: starts the node with the records of its file, if it has one.
start_node() {
  local home=$RUN/node-$1
  mkdir -p "$home"/{work/smd,lua,data}
  node_configuration "$1" >"$home/asd.conf"
  rm -f "$home/pids"
  launch "node-$1" asd --foreground --config-file "$home/asd.conf"
}

# send SIGNAL NODE
send() { process_ids "node-$2" | xargs -r kill -"$1"; }

node_configuration() {
  local home=$RUN/node-$1 access seeds='' i
  access=$(node_port "$1")
  [ "$1" != $PROXIED ] || access=$PROXY_PORT
  for ((i = 0; i < NODES; i++)); do
    seeds+="        mesh-seed-address-port 127.0.0.1 ${PORTS[$((3 * i + 2))]}"$'\n'
  done
  cat <<CONF
service {
    cluster-name bench-nodes
    node-id a$1
    work-directory $home/work
    proto-fd-max 4096
    migrate-threads 4
}
mod-lua {
    user-path $home/lua
}
logging {
    file $home/asd.log {
        context any warning
    }
}
network {
    service {
        address 127.0.0.1
        port $(node_port "$1")
        access-address 127.0.0.1
        access-port $access
    }
    fabric {
        address 127.0.0.1
        port ${PORTS[$((3 * $1 + 1))]}
    }
    heartbeat {
        mode mesh
        address 127.0.0.1
        port ${PORTS[$((3 * $1 + 2))]}
${seeds}        interval 150
        timeout 10
    }
}
namespace lines {
    replication-factor 2
    conflict-resolution-policy last-update-time
    migrate-sleep 0
    nsup-period 0
    storage-engine device {
        file $home/data/lines.dat
        filesize $NODE_FILE_SIZE
    }
}
CONF
}

# Succeeds if every node sees all nodes, and no records are on the way between them.
cluster_is_whole() {
  local i
  for ((i = 0; i < NODES; i++)); do
    aerospike_info "$(node_port "$i")" statistics 2>/dev/null | tr ';' '\n' | grep -qx "cluster_size=$NODES" || return 1
    [ "$(aerospike_info "$(node_port "$i")" namespace/lines | tr ';' '\n' |
      grep -cE '^(migrate_tx_partitions_remaining|migrate_rx_partitions_remaining)=0$')" = 2 ] || return 1
  done
}

# Waits until the cluster is whole; fails after three minutes, or if a node has ended.
await_whole() {
  local deadline=$((SECONDS + 180)) i
  until cluster_is_whole; do
    for ((i = 0; i < NODES; i++)); do
      alive "node-$i" || { tail -n 20 "$RUN/node-$i/log" "$RUN/node-$i/asd.log" >&2; return 1; }
    done
    [ $SECONDS -lt "$deadline" ] || return 1
    sleep 0.1
  done
}
