"""`python manage.py test tollgate`"""

import json
import time
from unittest import mock

import jwt
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory, SimpleTestCase, TestCase, override_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tollgate import revocation
from tollgate.assertion import TYPE
from tollgate.channels import AssertionMiddleware
from tollgate.middleware import assertion_middleware

KEY, OTHER_KEY, FEED_TOKEN = (f"{word} of three keys for tests, longer than any algorithm here asks for" for word in "abc")
SETTINGS = {"KEY": KEY, "AUDIENCE": "chat", "FEED_TOKEN": FEED_TOKEN, "IDENTITY_HEADERS": ["X-User-Id", "X-Name"]}


def assertion(user, key=KEY, header=None, lifetime=30, **changes):
    """As the gateway makes it; a change to None leaves the claim out."""
    now = int(time.time())
    claims = {"iss": "tollgate", "aud": "chat", "sub": str(user), "iat": now, "exp": now + lifetime}
    claims |= {"identity": {"X-User-Id": str(user)}} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, "HS256", {"typ": TYPE} | (header or {}))


def not_good(user):
    """Assertions that prove nothing."""
    now = int(time.time())
    good = assertion(user)
    return {
        "empty": "",
        "no token": "a.b.c",
        "not ASCII": "é" + good[1:],
        "two": f"{good},{good}",
        "another key": assertion(user, OTHER_KEY),
        "unsigned": jwt.encode(jwt.decode(good, options={"verify_signature": False}), None, "none", {"typ": TYPE}),
        "another algorithm": jwt.encode(jwt.decode(good, KEY, ["HS256"], audience="chat"), KEY, "HS512", {"typ": TYPE}),
        "another kind": assertion(user, header={"typ": "JWT"}),
        "a user's token": str(AccessToken.for_user(get_user_model()(id=user))),
        "for others": assertion(user, aud="other"),
        "from others": assertion(user, iss="other"),
        "over": assertion(user, lifetime=-10),
        "not yet": assertion(user, iat=now + 60, lifetime=90),
        "changed": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        **{f"no {name}": assertion(user, **{name: None}) for name in ["iss", "aud", "sub", "iat", "exp", "identity"]},
    }


@override_settings(TOLLGATE=SETTINGS)
class AssertionTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = get_user_model().objects.create_user("alice")
        cls.gone = get_user_model().objects.create_user("zoe", is_active=False)

    def over_http(self, headers):
        """Who the user is, and which identity headers are left, for sync and for async views."""
        seen = []

        def view(request):
            seen.append((request.user.username, request.headers.get("X-User-Id"), request.META.get("HTTP_X_NAME")))
            return HttpResponse()

        async def async_view(request):
            user = await request.auser()
            seen.append((user.username, request.headers.get("X-User-Id"), request.META.get("HTTP_X_NAME")))
            return HttpResponse()

        assertion_middleware(view)(RequestFactory().get("/", headers=headers))
        async_to_sync(assertion_middleware(async_view))(AsyncRequestFactory().get("/", headers=headers))
        self.assertEqual(seen[0], seen[1])
        return seen[0]

    def over_channels(self, headers):
        scopes = []

        async def application(scope, receive, send):
            scopes.append(scope)

        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        async_to_sync(AssertionMiddleware(application))({"type": "websocket", "headers": fields}, None, None)
        (scope,) = scopes
        found = dict(scope["headers"])
        self.assertEqual(len(found), len(scope["headers"]))
        user_id, name = (value and value.decode() for value in (found.get(b"x-user-id"), found.get(b"x-name")))
        self.assertEqual(scope["user"].is_authenticated, scope["user"] != AnonymousUser())
        return scope["user"].username, user_id, name

    def both(self, expected, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.assertEqual(self.over_http(headers), expected)
        self.assertEqual(self.over_channels(headers), expected)

    def test_asserted_user_is_the_user(self):
        good = assertion(self.user.id)
        self.both(("alice", str(self.user.id), None), X_Tollgate_Assertion=good)
        # What the gateway would never send beside it changes nothing.
        self.both(("alice", str(self.user.id), None), X_Tollgate_Assertion=good, X_User_Id="99", X_Name="root")

    def test_headers_say_what_the_assertion_says(self):
        both = {"X-User-Id": "7", "X-Name": "Ana%20M%C3%BCller"}
        self.both(("alice", "7", "Ana%20M%C3%BCller"), X_Tollgate_Assertion=assertion(self.user.id, identity=both))

    def test_nobody_is_anybody_without_an_assertion(self):
        self.both(("", None, None))
        self.both(("", None, None), X_User_Id=str(self.user.id), X_Name="alice")

    def test_bad_assertions_prove_nothing(self):
        for kind, value in not_good(self.user.id).items():
            with self.subTest(kind), self.assertLogs("tollgate.assertion", "WARNING") as logs:
                self.both(("", None, None), X_Tollgate_Assertion=value, X_User_Id=str(self.user.id))
            self.assertNotIn(value or "nothing", str(logs.output))

    def test_users_that_are_not_there_are_nobody(self):
        for user in [self.gone.id, 10**6, 10**30, "alice", "é"]:
            with self.subTest(user):
                self.assertEqual(self.over_http({"X-Tollgate-Assertion": assertion(user)})[0], "")
                self.assertEqual(self.over_channels({"X-Tollgate-Assertion": assertion(user)})[0], "")

    def test_users_of_other_issuers_are_not_ours(self):
        theirs = {"X-Tollgate-Assertion": assertion(self.user.id, sub_iss="https://id.partner.test")}
        self.assertEqual(self.over_http(theirs)[0], "")
        self.assertEqual(self.over_channels(theirs)[0], "")

    def test_several_keys_count_while_they_change(self):
        with override_settings(TOLLGATE=SETTINGS | {"KEY": [OTHER_KEY, KEY]}):
            for key in [KEY, OTHER_KEY]:
                self.assertEqual(self.over_http({"X-Tollgate-Assertion": assertion(self.user.id, key)})[0], "alice")

    def test_repeated_assertion_proves_nothing(self):
        fields = [(b"x-tollgate-assertion", assertion(self.user.id).encode())] * 2

        async def application(scope, receive, send):
            self.assertFalse(scope["user"].is_authenticated)

        with self.assertLogs("tollgate.assertion", "WARNING"):
            async_to_sync(AssertionMiddleware(application))({"type": "websocket", "headers": fields}, None, None)

    def test_other_scopes_pass(self):
        async def application(scope, receive, send):
            self.assertEqual(scope, {"type": "lifespan"})

        async_to_sync(AssertionMiddleware(application))({"type": "lifespan"}, None, None)


class ConfigurationTests(SimpleTestCase):
    def test_server_does_not_start_without_key_or_audience(self):
        for changes in [{"KEY": None}, {"KEY": ""}, {"KEY": []}, {"AUDIENCE": None}]:
            with self.subTest(changes), override_settings(TOLLGATE=SETTINGS | changes):
                for make in [assertion_middleware, AssertionMiddleware]:
                    self.assertRaises(ImproperlyConfigured, make, lambda request: None)

    def test_server_does_not_start_with_a_key_of_another_kind(self):
        with override_settings(TOLLGATE=SETTINGS | {"ALGORITHM": "ES256"}):
            self.assertRaises((ValueError, jwt.InvalidKeyError), assertion_middleware, lambda request: None)


@override_settings(TOLLGATE=SETTINGS, ROOT_URLCONF="backend.urls")
class RevocationTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice, cls.bob = (get_user_model().objects.create_user(name) for name in ["alice", "bob"])

    def feed(self, token=FEED_TOKEN, **headers):
        return self.client.get("/tollgate/revocations.json", headers={"Authorization": f"Bearer {token}"} | headers)

    def test_feed_has_the_shape_that_the_gateway_reads(self):
        """{"jti": [{"jti", "exp", "iss"?}], "users": [{"user", "issued_before"?, "iss"?}]}, and not a member more."""
        self.assertEqual(self.feed().json(), {"jti": [], "users": []})
        token, before = AccessToken.for_user(self.alice), int(time.time())
        revocation.revoke_token(token)
        revocation.revoke_user(self.bob)
        get_user_model().objects.create_user("zoe", id=900, is_active=False)
        answer = self.feed()
        self.assertEqual(answer["Content-Type"], "application/json")
        document = json.loads(answer.content)
        self.assertEqual(list(document), ["jti", "users"])
        self.assertEqual(document["jti"], [{"jti": token["jti"], "exp": token["exp"]}])
        bob, zoe = document["users"]
        self.assertEqual(zoe, {"user": "900"})
        self.assertEqual(set(bob), {"user", "issued_before"})
        self.assertEqual(bob["user"], str(self.bob.id))
        self.assertTrue(before < bob["issued_before"] <= time.time() + 1)
        self.assertIs(type(bob["issued_before"]), int)

    def test_feed_is_confined_to_the_issuer(self):
        revocation.revoke_user(self.bob)
        with mock.patch.object(revocation.api_settings, "ISSUER", "https://id.example"):
            self.assertEqual(self.feed().json()["users"][0]["iss"], "https://id.example")

    def test_feed_is_for_those_who_know_its_token(self):
        for value in ["", "Bearer", "Bearer wrong", f"Bearer {FEED_TOKEN}x", "Bearer é", f"Basic {FEED_TOKEN}", FEED_TOKEN]:
            answer = self.client.get("/tollgate/revocations.json", headers={"Authorization": value})
            self.assertEqual((answer.status_code, answer.content, answer["WWW-Authenticate"]), (401, b"", "Bearer"))
        self.assertEqual(self.client.get("/tollgate/revocations.json").status_code, 401)
        self.assertEqual(self.client.post("/tollgate/revocations.json").status_code, 405)
        for token in [None, ""]:
            with override_settings(TOLLGATE=SETTINGS | {"FEED_TOKEN": token}):
                self.assertEqual(self.feed("").status_code, 404)

    def test_feed_is_sent_once(self):
        first = self.feed()
        again = self.feed(**{"If-None-Match": first["ETag"]})
        self.assertEqual((again.status_code, again.content, again["ETag"]), (304, b"", first["ETag"]))
        revocation.revoke_user(self.bob)
        changed = self.feed(**{"If-None-Match": first["ETag"]})
        self.assertEqual(changed.status_code, 200)
        self.assertNotEqual(changed["ETag"], first["ETag"])

    def test_old_entries_are_forgotten(self):
        revocation.RevokedToken.objects.create(jti="old", expires=int(time.time()) - 2 * revocation.GRACE)
        revocation.RevokedUser.objects.create(user="5", issued_before=int(time.time()) - 10**9)
        self.assertEqual(self.feed().json(), {"jti": [], "users": []})
        revocation.revoke_user(self.bob)
        self.assertFalse(revocation.RevokedToken.objects.exists())
        self.assertEqual(revocation.RevokedUser.objects.count(), 1)

    def log_out(self, token, **body):
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.post("/api/logout/", body, "application/json", headers=headers).status_code

    def test_logging_out_ends_this_session(self):
        refresh = RefreshToken.for_user(self.alice)
        other = RefreshToken.for_user(self.alice)
        self.assertEqual(self.log_out(refresh.access_token, refresh=str(refresh)), 204)
        listed = self.feed().json()
        self.assertEqual([entry["jti"] for entry in listed["jti"]].count(refresh["jti"]), 1)
        self.assertEqual((len(listed["jti"]), listed["users"]), (2, []))
        self.assertEqual([self.refreshed(token) for token in [refresh, other]], [401, 200])

    def test_logging_out_everywhere_ends_all_sessions(self):
        tokens = [RefreshToken.for_user(self.alice) for _ in range(2)]
        bobs = RefreshToken.for_user(self.bob)
        self.assertEqual(self.log_out(tokens[0].access_token, everywhere=True), 204)
        self.assertEqual([entry["user"] for entry in self.feed().json()["users"]], [str(self.alice.id)])
        self.assertEqual([self.refreshed(token) for token in [*tokens, bobs]], [401, 401, 200])
        later = RefreshToken.for_user(self.alice)
        revocation.RevokedUser.objects.update(issued_before=later["iat"])  # as it is one second later
        self.assertEqual(self.refreshed(later), 200)

    def test_nobody_logs_out_others(self):
        bobs = RefreshToken.for_user(self.bob)
        self.assertEqual(self.log_out(RefreshToken.for_user(self.alice).access_token, refresh=str(bobs)), 204)
        self.assertEqual(self.refreshed(bobs), 200)
        for refresh in ["x", 7, None, ["x"]]:
            self.assertEqual(self.log_out(AccessToken.for_user(self.alice), refresh=refresh), 204)
        self.assertEqual(self.client.post("/api/logout/").status_code, 401)

    def refreshed(self, refresh):
        return self.client.post("/api/token/refresh/", {"refresh": str(refresh)}, "application/json").status_code
