# shellcheck shell=bash
# Django with SQLite and gunicorn, reduced to the minimum: the upper bound of this stack.
title='Django + SQLite + gunicorn, stripped to one query'
programs=$DJANGO_PROGRAMS

missing() { needs_django; }

load() { load_django; }

start() { launch_django bare "$1"; }
