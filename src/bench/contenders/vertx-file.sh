# shellcheck shell=bash
# A bare Vert.x handler that reads the line from the file, with the offsets in an array and without any checks.
title='bare Vert.x over the file'

missing() { needs_libraries; }

prepare() { compile_raw RawServer; }

start() { launch_raw_server "$1" file "$TEXT"; }
