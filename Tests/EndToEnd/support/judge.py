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
if "LEEWAY" in given["settings"]:
    given["settings"]["LEEWAY"] = timedelta(seconds=given["settings"]["LEEWAY"])
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50, USE_TZ=True, USE_I18N=False, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "rest_framework_simplejwt"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    SIMPLE_JWT=given["settings"],
)
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import RequestFactory
from rest_framework.exceptions import APIException
from rest_framework_simplejwt.authentication import JWTAuthentication
call_command("migrate", verbosity=0)
get_user_model().objects.create(username="alice")
verdicts = []
for token in given["tokens"]:
    request = RequestFactory().get("/", HTTP_AUTHORIZATION="Bearer " + token)
    try:
        result = JWTAuthentication().authenticate(request)
        verdicts.append({"verdict": "accepted", "user": result[0].id} if result else {"verdict": "anonymous"})
    except APIException as refused:
        detail = json.loads(json.dumps(refused.detail, default=str))
        verdicts.append({"verdict": "refused", "detail": detail})
    except Exception as failure:
        verdicts.append({"verdict": "error", "detail": type(failure).__name__})
json.dump(verdicts, sys.stdout)
"""


def judge(settings, tokens):
    """For each token `accepted` with the user's id, `refused` with the body's content, `error` (a 500) or `anonymous`."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps({"settings": settings, "tokens": tokens}),
        capture_output=True, text=True, timeout=120, env=ENVIRONMENT,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
