"""The Django server from which the design of Line Server started.

It has the default settings of startproject, an indexed column of line numbers beside Django's own key, and one view that
gets one object. Unlike the original, it does not count all lines at every request.
"""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="signs nothing here",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    LOGGING_CONFIG=None,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["LINES_DATABASE"],
        }
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Line(models.Model):
    number = models.BigIntegerField(db_index=True)
    content = models.BinaryField()

    class Meta:
        app_label = "lines"
        db_table = "lines"


def line(request, number):
    try:
        found = Line.objects.get(number=number)
    except Line.DoesNotExist:
        return HttpResponse(status=413)
    return HttpResponse(found.content, content_type="text/plain; charset=utf-8")


urlpatterns = [path("lines/<int:number>", line)]
application = get_wsgi_application()
