"""Outbound HTTP: the only place from which this service calls an address that somebody typed in.

A typed address may point at this machine or its network, by number, by name, or by a name that
answers differently the second time. So a name is resolved once, every address it has must be
public, and the connection goes to the very address that was looked at. Redirects are not followed,
proxies of the environment not used; a slow or endless answer is cut off.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TOTAL_SECONDS = 10.0
"""From looking up the name to the last byte of the answer."""

ANSWER_BYTES = 64 * 1024
"""Bytes of an answer that are read, its headers included."""

PORTS = (80, 443)

Connect = Callable[[tuple[str, int], float], socket.socket]


class RefusedAddressError(Exception):
    """The address is one that this service does not call; nothing was sent."""


class NoAnswerError(Exception):
    """The other side could not be reached, or did not answer in time or in HTTP."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, headers in lower case, and the first bytes of the body.

    For programs to read: a body is never shown to the person who typed the address.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Network:
    """How names become addresses and addresses connections: the seam where tests stand in."""

    resolve: Callable[[str, int], list[str]]
    connect: Connect


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_rest, address in found]


def _connect(address: tuple[str, int], seconds: float) -> socket.socket:
    return socket.create_connection(address, timeout=seconds)


INTERNET = Network(_resolve, _connect)


def post_json(
    url: str, body: bytes, headers: Mapping[str, str] | None = None, *, network: Network = INTERNET
) -> Answer:
    """Send JSON, exactly these bytes, to a public address and read the answer.

    Raises RefusedAddressError for an address that may not be called and NoAnswerError when nothing
    usable comes back within TOTAL_SECONDS. A redirect or an error status is an answer.
    """
    deadline = time.monotonic() + TOTAL_SECONDS
    target = _target(url)
    addresses = _public_addresses(target, network, deadline)
    all_headers = {"User-Agent": "Business-Market", **(headers or {})}
    all_headers |= {"Content-Type": "application/json", "Connection": "close"}
    try:
        with _connected(addresses, target, network, deadline) as plain:
            plain.settimeout(_left(deadline))
            with _secured(plain, target) as secured:
                return _exchange(_Wire(secured, deadline), target, body, all_headers)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(f"{type(error).__name__}: {error}"[:300]) from error
    except ValueError as error:
        # A header or path with a line end in it.
        raise RefusedAddressError(str(error)[:300]) from error


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    secure: bool
    path: str
    is_test_receiver: bool

    @property
    def name(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.secure else 80
        return host if self.port == usual else f"{host}:{self.port}"


def _target(url: str) -> _Target:
    """The parts of an address, or RefusedAddressError."""
    if not url.isprintable() or " " in url:
        raise RefusedAddressError(_("This is no web address."))
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise RefusedAddressError(_("This is no web address.")) from error
    if parts.scheme not in ("http", "https") or not host:
        raise RefusedAddressError(_("A web address begins with https:// and a name."))
    if parts.username is not None or parts.password is not None:
        raise RefusedAddressError(_("A web address with a user name in it is not called."))
    secure = parts.scheme == "https"
    port = port if port is not None else (443 if secure else 80)
    receiver = f"{host}:{port}" == settings.WEBHOOK_TEST_RECEIVER
    if port not in PORTS and not receiver:
        raise RefusedAddressError(_("Only the ports 80 and 443 are called."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(host, port, secure, _ascii(path), receiver)


def _ascii(path: str) -> str:
    """A path with everything beyond ASCII percent-encoded."""
    return "".join(
        one if one.isascii() else "".join(f"%{byte:02X}" for byte in one.encode()) for one in path
    )


def _left(deadline: float) -> float:
    """Seconds until the deadline; raises TimeoutError when it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError(f"no answer within {TOTAL_SECONDS:.0f} s")
    return left


def _public_addresses(target: _Target, network: Network, deadline: float) -> list[str]:
    """The addresses of a name, or RefusedAddressError when any of them is not public."""
    try:
        addresses = _in_time(lambda: network.resolve(target.host, target.port), deadline)
    except (OSError, UnicodeError) as error:
        raise NoAnswerError(f"{target.host}: {error}"[:300]) from error
    if not target.is_test_receiver and not all(map(is_public, addresses)):
        raise _not_public(target)
    return addresses


def _connected(
    addresses: list[str], target: _Target, network: Network, deadline: float
) -> socket.socket:
    """A connection to the first address that takes one, seen to be public once more."""
    last: OSError = OSError("no address")
    for address in addresses:
        try:
            connected = network.connect((address, target.port), _left(deadline))
        except OSError as error:
            last = error
            continue
        peer = str(connected.getpeername()[0])
        if not target.is_test_receiver and not is_public(peer):
            connected.close()
            raise _not_public(target)
        return connected
    raise last


def _not_public(target: _Target) -> RefusedAddressError:
    return RefusedAddressError(_("%(host)s is not on the public internet.") % {"host": target.host})


def _in_time(task: Callable[[], list[str]], deadline: float) -> list[str]:
    """The result of a call that itself knows no time limit, as looking up a name."""
    done: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(task())
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            done.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        result = done.get(timeout=_left(deadline))
    except queue.Empty as error:
        raise TimeoutError("looking up the name took too long") from error
    if isinstance(result, Exception):
        raise result
    return result


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and hides no other inside it.

    Source: IANA special-purpose address registries, as in ``ipaddress``; IPv6 beyond 2000::/3 and
    the forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) are refused whole.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        return (
            found in _GLOBAL_UNICAST
            and found.is_global
            and not any(found in network for network in _CARRIERS)
        )
    return found.is_global and not found.is_multicast and found not in _RELAY


_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_CARRIERS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/23"))
_RELAY = ipaddress.IPv4Network("192.88.99.0/24")


def _secured(plain: socket.socket, target: _Target) -> socket.socket:
    if not target.secure:
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)


def _exchange(wire: _Wire, target: _Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = cast(socket.socket, wire)
    connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", target.name)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    wire.in_body = True
    try:
        content = response.read(ANSWER_BYTES)
    except http.client.IncompleteRead as cut:
        content = cut.partial
    found = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, found, content)


class _Wire:
    """What http.client asks of a socket, with one deadline and one limit for the whole answer."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = connected, deadline
        self.in_body = False

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Received(self))

    def receive(self, room: memoryview) -> int:
        # Anew for each piece: a sender of one byte a second would never run into it otherwise.
        self._socket.settimeout(_left(self._deadline))
        return self._socket.recv_into(room)

    def close(self) -> None:
        """Called before the answer is read; who made the connection closes it."""


class _Received(io.RawIOBase):
    """The bytes that arrive: at most ANSWER_BYTES, none after the deadline."""

    def __init__(self, wire: _Wire) -> None:
        self._wire, self._room = wire, ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if not self._room and not self._wire.in_body:
            # http.client takes the end of the bytes for the end of the headers.
            raise OSError("the headers of the answer do not end")
        with memoryview(buffer).cast("B") as view:
            count = self._wire.receive(view[: self._room]) if self._room else 0
        self._room -= count
        return count
