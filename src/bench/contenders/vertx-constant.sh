# shellcheck shell=bash
# A bare Vert.x handler with a constant response: an upper bound of the HTTP stack of Line Server.
title='bare Vert.x, constant answer'
constant=yes

missing() { needs_libraries; }

prepare() { compile_raw RawServer; }

start() { launch_raw_server "$1" constant; }
