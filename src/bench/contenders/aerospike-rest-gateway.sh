# shellcheck shell=bash
# The REST gateway of Aerospike, if its jar is available. It returns a record as JSON or MessagePack, so its responses are
# not compared with the lines.
title='Aerospike REST gateway'
services=aerospike
constant='answers records, not lines'
path='/v1/kvs/lines/raw/%d?keytype=INTEGER'

missing() {
  [ -f "${AEROSPIKE_REST_GATEWAY_JAR:-}" ] || echo 'the jar (set AEROSPIKE_REST_GATEWAY_JAR to its path)'
  [ -d "$SERVER_LIBRARIES" ] || echo "$SERVER_LIBRARIES, to load the records (run build.sh)"
}

prepare() { compile_raw RawWriter; }

load() { load_aerospike; }

start() {
  launch "$name" "$JAVA" -Daerospike.restclient.hostlist="127.0.0.1:$(service_port aerospike)" \
    -Dserver.address=127.0.0.1 -Dserver.port="$1" -Dlogging.level.root=ERROR -jar "$AEROSPIKE_REST_GATEWAY_JAR"
}
