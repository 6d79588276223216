"""What the real simplejwt says about tokens: a Django with one user, in a process of its own for each configuration."""

import json
import subprocess
import sys

from support.process import ENVIRONMENT

PROGRAM = """
import json, sys, warnings
from datetime import timedelta
warnings.simplefilter("ignore")
given = json.load(sys.stdin)
for name, value in given["settings"].items():
    if name == "LEEWAY" or name.endswith("_LIFETIME"):
        given["settings"][name] = timedelta(seconds=value)
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50, USE_TZ=True, USE_I18N=False, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "rest_framework_simplejwt"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    SIMPLE_JWT=given["settings"], ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None,
)
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.urls import path
from rest_framework.exceptions import APIException
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication
class View(APIView):
    authentication_classes, permission_classes = [JWTAuthentication], [IsAuthenticated]
    def get(self, request):
        return Response({})
urlpatterns = [path("", View.as_view())]
call_command("migrate", verbosity=0)
get_user_model().objects.create(username="alice")
client = Client(raise_request_exception=False)
verdicts = []
for candidate in given["candidates"]:
    meta = candidate if isinstance(candidate, dict) else {"HTTP_AUTHORIZATION": "Bearer " + candidate}
    try:
        result = JWTAuthentication().authenticate(RequestFactory().get("/", **meta))
        verdict = {"verdict": "accepted", "user": result[0].id} if result else {"verdict": "anonymous"}
    except APIException as refused:
        detail = json.loads(json.dumps(refused.detail, default=str))
        verdict = {"verdict": "refused", "detail": detail}
    except Exception as failure:
        verdict = {"verdict": "error", "detail": type(failure).__name__}
    if given["shows_wire"]:
        response = client.get("/", **meta)
        names = ["WWW-Authenticate", "Vary", "Content-Type"]
        lines = {name.lower(): response.get(name) for name in names if response.get(name)}
        verdict["wire"] = [response.status_code, lines, response.content.decode()]
    verdicts.append(verdict)
json.dump(verdicts, sys.stdout)
"""


def judge(settings, candidates, shows_wire=False):
    """For each token, or Django's `META` of a request, `accepted` with the user's id, `refused` with the body's content,
    `error` (a 500) or `anonymous`; and under `wire` what a view that wants a user answers."""
    given = {"settings": settings, "candidates": candidates, "shows_wire": shows_wire}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(given),
        capture_output=True, text=True, timeout=120, env=ENVIRONMENT,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
