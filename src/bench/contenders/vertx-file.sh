# shellcheck shell=bash
# A bare Vert.x handler that reads its line out of the file: offsets in an array, no checks, nothing else.
title='bare Vert.x over the file'

missing() { needs_libraries; }

prepare() { compile_raw RawServer; }

start() { launch_raw_server "$1" file "$TEXT"; }
