from django.conf import settings
from django.urls import path
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from chat import echo, views
from tollgate.views import Logout, feed

urlpatterns = [
    path("", views.hello),
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/logout/", Logout.as_view()),
    path("api/me/", views.Me.as_view()),
    path("api/rooms/", views.Rooms.as_view()),
    path("tollgate/revocations.json", feed),
]

if settings.CHAT_ECHO:
    urlpatterns += [path("echo/", echo.echo), path("echo/<path:rest>", echo.echo)]
