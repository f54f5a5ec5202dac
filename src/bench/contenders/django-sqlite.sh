# shellcheck shell=bash
# The Django server from which the design started, with SQLite and gunicorn.
title='Django + SQLite + gunicorn'
programs=$DJANGO_PROGRAMS

missing() { needs_django; }

load() { load_django; }

start() { launch_django lines "$1"; }
