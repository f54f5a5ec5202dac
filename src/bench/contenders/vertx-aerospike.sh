# shellcheck shell=bash
# A bare Vert.x handler with the bare Aerospike client on the same event loops: one get per request.
title='bare Vert.x + Aerospike get'
services=aerospike

missing() { needs_libraries; }

prepare() {
  compile_raw RawServer
  compile_raw RawWriter
}

load() { load_aerospike; }

start() { launch_raw_server "$1" aerospike "$(service_port aerospike)" raw; }
