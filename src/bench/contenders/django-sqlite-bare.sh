# shellcheck shell=bash
# Django over SQLite under gunicorn with all left out that can be: the most one could get out of it.
title='Django + SQLite + gunicorn, stripped to one query'
programs=$DJANGO_PROGRAMS

missing() { needs_django; }

load() { load_django; }

start() { launch_django bare "$1"; }
