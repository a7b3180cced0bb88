"""Is the process there, and can it do its work?"""

from django.core.cache import cache
from django.db import connection
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

HEALTH = inline_serializer("Health", {"status": serializers.ChoiceField(["ok", "unavailable"])})


class Live(APIView):
    """The process answers."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="health_live", responses={200: HEALTH}, tags=["health"])
    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class Ready(APIView):
    """The process reaches PostgreSQL and the Redis server."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="health_ready", responses={200: HEALTH, 503: HEALTH}, tags=["health"])
    def get(self, request: Request) -> Response:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            cache.get("health")
        except Exception:  # whatever a server that is away raises: the answer is the same
            return Response({"status": "unavailable"}, status=503)
        return Response({"status": "ok"})
