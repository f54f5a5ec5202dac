# shellcheck shell=bash
# Databases that contenders share. They start when they are first needed, on free loopback ports, with their data in RUN.

# service NAME: starts the database unless it is running; fails if it does not start.
service() {
  [ -f "$RUN/$1/port" ] || "start_$1" || { end_processes "$1"; return 1; }
}

service_port() { cat "$RUN/$1/port"; }

start_redis() {
  local port
  port=$(free_port)
  mkdir -p "$RUN/redis"
  # Without snapshots and log, for the highest speed.
  launch redis redis-server --bind 127.0.0.1 --port "$port" --dir "$RUN/redis" \
    --save '' --appendonly no --tcp-backlog 4096 --maxclients 8192
  await 10 redis redis_answers "$port" || return 1
  echo "$port" >"$RUN/redis/port"
}

redis_answers() { [ "$(redis-cli -p "$1" ping 2>/dev/null)" = PONG ]; }

# One node with its index in memory and its lines in a file, as recommended.
AEROSPIKE_FILE_SIZE=${AEROSPIKE_FILE_SIZE:-4G}
AEROSPIKE_CONNECTIONS=8192

start_aerospike() {
  local port
  port=$(free_port)
  mkdir -p "$RUN"/aerospike/{work/smd,lua,data}
  aerospike_configuration "$port" "$(free_port)" "$(free_port)" >"$RUN/aerospike/asd.conf"
  launch aerospike asd --foreground --config-file "$RUN/aerospike/asd.conf"
  await 60 aerospike aerospike_answers "$port" || return 1
  echo "$port" >"$RUN/aerospike/port"
}

aerospike_configuration() {
  cat <<CONF
service {
    cluster-name bench-$1
    work-directory $RUN/aerospike/work
    proto-fd-max $AEROSPIKE_CONNECTIONS
}
mod-lua {
    user-path $RUN/aerospike/lua
}
logging {
    file $RUN/aerospike/asd.log {
        context any warning
    }
}
network {
    service {
        address 127.0.0.1
        port $1
    }
    fabric {
        address 127.0.0.1
        port $2
    }
    heartbeat {
        mode mesh
        address 127.0.0.1
        port $3
        interval 150
        timeout 10
    }
}
namespace lines {
    replication-factor 1
    truncate-threads 1
    nsup-period 0
    storage-engine device {
        file $RUN/aerospike/data/lines.dat
        filesize $AEROSPIKE_FILE_SIZE
    }
}
CONF
}

# aerospike_info PORT COMMAND: prints the response. The request has the bytes 2 (protocol) and 1 (info), and six bytes of
# length.
aerospike_info() {
  local command=$2$'\n' length reply
  printf -v length '\\x%02x' ${#command}
  exec 9<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf '\x02\x01\x00\x00\x00\x00\x00'"$length"'%s' "$command" >&9
  reply=$(timeout 2 head -c 8 <&9 >/dev/null && IFS= timeout 2 head -n 1 <&9 | tr -d '\000')
  exec 9>&-
  printf '%s\n' "${reply#*$'\t'}"
}

# A node responds before it is usable: it must also have partitions.
aerospike_answers() {
  [ "$(aerospike_info "$1" status 2>/dev/null)" = ok ] && [ "$(aerospike_info "$1" partition-generation)" != -1 ]
}

# await SECONDS NAME COMMAND ...: waits until the command succeeds; fails after SECONDS or if NAME has ended.
await() {
  local deadline=$((SECONDS + $1)) name=$2
  shift 2
  until "$@"; do
    if ! alive "$name"; then
      tail -n 20 "$RUN/$name/log" >&2
      say "$name has ended during its start"
      return 1
    fi
    if [ $SECONDS -ge "$deadline" ]; then
      tail -n 20 "$RUN/$name/log" >&2
      say "$name is not ready before its deadline"
      return 1
    fi
    sleep 0.01
  done
}
