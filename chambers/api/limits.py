"""How many requests a person or an address may send per minute."""

from __future__ import annotations

import logging
from functools import cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from redis.commands.core import Script
    from rest_framework.request import Request
    from rest_framework.views import APIView

log = logging.getLogger(__name__)

WINDOW = 60_000  # milliseconds
# Counting and the end of the window are one step, so that of parallel requests exactly the limit
# passes, and no counter is left without its end.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


@cache
def _script() -> Script:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 1),  # a reader does not wait for Redis to come back
    )
    return client.register_script(_COUNT)


class Throttle(BaseThrottle):
    """A window of a minute that starts with the first request, counted in Redis.

    A person is counted over all their tokens and sessions, a guest by address; which address is
    ``REMOTE_ADDR`` unless ``TRUSTED_PROXIES`` says how many proxies stand before the service.
    """

    retry_after: float | None = None  # seconds

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this request; False above the limit."""
        known = request.user.is_authenticated
        limit = settings.API_REQUESTS_PER_MINUTE if known else settings.API_GUESTS_PER_MINUTE
        who = f"user:{request.user.pk}" if known else f"ip:{_network(self.get_ident(request))}"
        try:
            count, left = _script()(keys=[f"api:{who}"], args=[WINDOW])
        except redis.RedisError as error:
            # The limit guards the service's strength, not its secrets: answer without it.
            log.warning("Requests go uncounted, Redis does not answer: %s", error)
            return True
        self.retry_after = ceil(max(left, 1) / 1000)
        return int(count) <= limit

    def wait(self) -> float | None:
        """Seconds until the window ends, for ``Retry-After``."""
        return self.retry_after


def _network(address: str | None) -> str:
    """The address; of IPv6 the /64, since one line has them all."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
