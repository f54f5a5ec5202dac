# shellcheck shell=bash
# webdis, an HTTP interface of Redis. The suffix `.txt` selects the plain value as text.
title='webdis + Redis'
programs='webdis=webdis'
services=redis
path='/GET/%d.txt'

prepare() { compile RedisCommands "$BENCH/raw/RedisCommands.java"; }

load() { load_redis; }

start() {
  cat >"$home/webdis.json" <<JSON
{
  "redis_host": "127.0.0.1", "redis_port": $(service_port redis), "redis_auth": null,
  "http_host": "127.0.0.1", "http_port": $1,
  "threads": 2, "pool_size": 20, "daemonize": false, "websockets": false,
  "database": 0, "verbosity": 0, "logfile": "$home/webdis.log"
}
JSON
  launch "$name" webdis "$home/webdis.json"
}
