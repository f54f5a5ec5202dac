# shellcheck shell=bash
# Line Server with the embedded store, native.
title='Line Server, embedded, native'

missing() { server_missing native; }

load() { server native ingest "$TEXT" --data-dir "$home/data"; }

start() { launch_server native serve --data-dir "$home/data" --port "$1"; }
