# shellcheck shell=bash
# The Django server that the design started from, over SQLite under gunicorn.
title='Django + SQLite + gunicorn'
programs=$DJANGO_PROGRAMS

missing() { needs_django; }

load() { load_django; }

start() { launch_django lines "$1"; }
