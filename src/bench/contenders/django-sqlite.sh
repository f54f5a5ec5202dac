# shellcheck shell=bash
# Django over SQLite under gunicorn: threaded workers that keep connections, an indexed table, nothing in between.
title='Django + SQLite + gunicorn'
programs='gunicorn=gunicorn,python3-django'
# Debian's interpreter: the one its packages are for.
PYTHON=/usr/bin/python3

missing() {
  "$PYTHON" -c 'import django' 2>/dev/null || echo 'Django (Debian: python3-django)'
}

load() {
  rm -f "$home/lines.sqlite"
  django "$PYTHON" "$BENCH/contenders/django-sqlite/load.py" "$TEXT"
}

start() {
  django launch "$name" gunicorn --chdir "$BENCH/contenders/django-sqlite" --bind "127.0.0.1:$1" \
    --worker-class gthread --workers 3 --threads 4 --worker-connections 2000 --backlog 4096 \
    --keep-alive 75 --no-sendfile lines:application
}

django() { LINES_DATABASE=$home/lines.sqlite PYTHONDONTWRITEBYTECODE=1 "$@"; }
