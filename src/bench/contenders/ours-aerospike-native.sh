# shellcheck shell=bash
# Line Server with Aerospike, native. Each form has its own dataset, so that both can load the same cluster.
title='Line Server, Aerospike, native'
services=aerospike

missing() { server_missing native; }

load() { server native ingest "$TEXT" --aerospike "127.0.0.1:$(service_port aerospike)" --dataset native; }

start() {
  launch_server native serve --aerospike "127.0.0.1:$(service_port aerospike)" --dataset native --port "$1"
}
