# shellcheck shell=bash
# The same with all left out of Django that can be: what one could get out of it.
title='Django + SQLite + gunicorn, stripped to one query'
programs=$DJANGO_PROGRAMS

missing() { needs_django; }

load() { load_django; }

start() { launch_django bare "$1"; }
