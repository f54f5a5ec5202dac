# shellcheck shell=bash
# A bare Vert.x handler with the same answer for everything: what the HTTP stack below ours can do.
title='bare Vert.x, constant answer'
constant=yes

missing() { needs_libraries; }

prepare() { compile_raw RawServer; }

start() { launch_raw_server "$1" constant; }
