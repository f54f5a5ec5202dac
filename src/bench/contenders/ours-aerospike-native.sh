# shellcheck shell=bash
# Line Server over Aerospike, native. A dataset of its own, so that both forms can load the same cluster.
title='Line Server, Aerospike, native'
services=aerospike

missing() { server_missing native; }

load() { server native ingest "$TEXT" --aerospike "127.0.0.1:$(service_port aerospike)" --dataset native; }

start() {
  launch_server native serve --aerospike "127.0.0.1:$(service_port aerospike)" --dataset native --port "$1"
}
