# shellcheck shell=bash
# Aerospike's own REST gateway, where its jar is at hand. It answers a record as JSON or MessagePack, not as bytes, so
# its answers are not compared with the lines.
title='Aerospike REST gateway'
services=aerospike
constant='answers records, not lines'
path='/v1/kvs/lines/raw/%d?keytype=INTEGER'

missing() {
  [ -f "${AEROSPIKE_REST_GATEWAY_JAR:-}" ] || echo 'the jar (name it in AEROSPIKE_REST_GATEWAY_JAR)'
  [ -d "$SERVER_LIBRARIES" ] || echo "$SERVER_LIBRARIES, to load the records with (run build.sh)"
}

prepare() { compile_raw RawWriter; }

load() { load_aerospike; }

start() {
  launch "$name" "$JAVA" -Daerospike.restclient.hostlist="127.0.0.1:$(service_port aerospike)" \
    -Dserver.address=127.0.0.1 -Dserver.port="$1" -Dlogging.level.root=ERROR -jar "$AEROSPIKE_REST_GATEWAY_JAR"
}
