"""The minimum of Django for a lookup: no middleware, no model objects, one query on a persistent connection."""

import os

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    LOGGING_CONFIG=None,
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["LINES_DATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


def line(request, number):
    with connection.cursor() as cursor:
        found = cursor.execute("SELECT content FROM lines WHERE number = %s", [number]).fetchone()
    if found is None:
        return HttpResponse(status=413)
    return HttpResponse(found[0], content_type="text/plain; charset=utf-8")


urlpatterns = [path("lines/<int:number>", line)]
application = get_wsgi_application()
