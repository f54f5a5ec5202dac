"""A line server in Django, as plain as one can be: one indexed table, one view, a kept connection per thread."""

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
from django.db import models  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Line(models.Model):
    number = models.BigIntegerField(primary_key=True)
    content = models.BinaryField()

    class Meta:
        app_label = "lines"
        db_table = "lines"


def line(request, number):
    content = Line.objects.filter(pk=number).values_list("content", flat=True).first()
    if content is None:
        return HttpResponse(status=413)
    response = HttpResponse(bytes(content), content_type="text/plain; charset=utf-8")
    response["Content-Length"] = len(content)
    return response


urlpatterns = [path("lines/<int:number>", line)]
application = get_wsgi_application()
