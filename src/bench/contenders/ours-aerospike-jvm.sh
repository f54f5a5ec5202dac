# shellcheck shell=bash
# Line Server with Aerospike, JVM. Each form has its own dataset, so that both can load the same cluster.
title='Line Server, Aerospike, JVM'
services=aerospike

missing() { server_missing jvm; }

load() { server jvm ingest "$TEXT" --aerospike "127.0.0.1:$(service_port aerospike)" --dataset jvm; }

start() {
  launch_server jvm serve --aerospike "127.0.0.1:$(service_port aerospike)" --dataset jvm --port "$1"
}
