# shellcheck shell=bash
# Line Server with the embedded store, JVM.
title='Line Server, embedded, JVM'

missing() { server_missing jvm; }

load() { server jvm ingest "$TEXT" --data-dir "$home/data"; }

start() { launch_server jvm serve --data-dir "$home/data" --port "$1"; }
