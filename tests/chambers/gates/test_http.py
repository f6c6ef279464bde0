import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from chambers.gates import http
from chambers.gates.http import (
    ANSWER_BYTES,
    INTERNET,
    Answer,
    Network,
    NoAnswerError,
    RefusedAddressError,
    is_public,
    post_json,
)

PUBLIC = "93.184.216.34"
OK = b"HTTP/1.1 200 OK\r\nX-Seen: yes\r\nContent-Length: 2\r\n\r\n{}"


class Receiver:
    """A server of this machine: what it was sent, and how many bytes it got rid of."""

    def __init__(self, answer):
        self.answer, self.requests, self.connections, self.sent = answer, [], 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._serve, daemon=True)]
        self.threads[0].start()

    def _serve(self):
        while True:
            try:
                connected, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._answer, args=[connected], daemon=True)
            self.threads.append(thread)
            thread.start()

    def _answer(self, connected):
        with connected:
            received = b""
            while not received.endswith(b"}") and not received.startswith(b"\x16"):  # TLS
                if not (piece := connected.recv(65536)):
                    return
                received += piece
            self.requests.append(received)
            try:
                for piece in self.answer():
                    connected.sendall(piece)
                    self.sent += len(piece)
            except OSError:
                return

    def close(self):
        # A thread in accept() keeps the port open until it is woken.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)


@pytest.fixture
def receiving(settings):
    """Start the one receiver that may be called although it is on this machine."""
    begun = []

    @contextmanager
    def begin(*pieces, answer=None):
        receiver = Receiver(answer or (lambda: pieces))
        begun.append(receiver)
        settings.WEBHOOK_TEST_RECEIVER = f"127.0.0.1:{receiver.port}"
        yield receiver

    yield begin
    for receiver in begun:
        receiver.close()


def test_json_arrives_as_it_was_given_and_the_answer_comes_back(receiving):
    body = json.dumps({"company": "Ромашка"}).encode()

    with receiving(OK) as receiver:
        answer = post_json(
            f"http://127.0.0.1:{receiver.port}/hook?a=Ж", body, {"webhook-id": "msg_1"}
        )

    head, _, content = receiver.requests[0].partition(b"\r\n\r\n")
    assert answer == Answer(200, {"x-seen": "yes", "content-length": "2"}, b"{}")
    assert content == body
    assert head.decode().split("\r\n") == [
        "POST /hook?a=%D0%96 HTTP/1.1",
        f"Host: 127.0.0.1:{receiver.port}",
        "User-Agent: Business-Market",
        "webhook-id: msg_1",
        "Content-Type: application/json",
        "Connection: close",
        f"Content-Length: {len(body)}",
    ]


def test_a_redirect_is_an_answer_and_is_not_followed(receiving):
    other = Receiver(lambda: [OK])
    redirect = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{other.port}/\r\n\r\n".encode()

    with receiving(redirect) as receiver:
        answer = post_json(f"http://127.0.0.1:{receiver.port}/", b"{}")

    other.close()
    assert answer.status == 307
    assert other.connections == 0


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_a_huge_answer_is_read_up_to_its_limit(receiving, head):
    def endless():
        yield head
        while True:
            yield bytes(65536)

    with receiving(answer=endless) as receiver:
        answer = post_json(f"http://127.0.0.1:{receiver.port}/", b"{}")

    assert answer.status == 200
    assert len(answer.body) == ANSWER_BYTES - len(head)
    assert receiver.sent < 64 * ANSWER_BYTES  # what the buffers between the two took


def test_endless_headers_are_no_answer(receiving):
    def endless():
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            yield b"X-More: " + bytes(1000).replace(b"\0", b"x") + b"\r\n"

    with receiving(answer=endless) as receiver, pytest.raises(NoAnswerError):
        post_json(f"http://127.0.0.1:{receiver.port}/", b"{}")


@pytest.mark.parametrize("slow_in", ["headers", "body"])
def test_a_slow_receiver_holds_us_only_until_the_deadline(receiving, monkeypatch, slow_in):
    monkeypatch.setattr(http, "TOTAL_SECONDS", 1.0)
    over = threading.Event()

    def slow():
        yield b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if slow_in == "body" else b"X-Slow: ")
        while not over.wait(0.1):
            yield b"x"

    with receiving(answer=slow) as receiver:
        begun = time.monotonic()
        with pytest.raises(NoAnswerError, match=r"no answer within|timed out"):
            post_json(f"http://127.0.0.1:{receiver.port}/", b"{}")
        over.set()

    assert 0.9 < time.monotonic() - begun < 20  # it would send bytes for ever


def test_a_name_server_that_does_not_answer_holds_us_only_until_the_deadline(monkeypatch):
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.3)
    over = threading.Event()
    network = Network(lambda host, port: over.wait(5) and [], INTERNET.connect)

    with pytest.raises(NoAnswerError, match="too long"):
        post_json("http://partner.example/", b"{}", network=network)

    over.set()


HOSTILE = [
    *("127.0.0.1", "127.0.0.2", "127.1", "0.0.0.0", "0", "0x7f.1", "0x7f000001", "2130706433"),
    *("017700000001", "0177.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
    *("100.64.0.1", "100.127.255.255", "169.254.169.254", "169.254.0.1", "192.0.0.1"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "192.88.99.1", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]"),
    *("[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]"),
    *("[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]"),
    *("[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]"),
    *("１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1"),
]


@pytest.mark.parametrize("port", ["", ":80", ":443", ":LISTENER"])
@pytest.mark.parametrize("host", HOSTILE)
def test_no_address_of_a_private_network_is_called(host, port):
    listener = socket.create_server(("127.0.0.1", 0))
    called = []
    network = Network(INTERNET.resolve, lambda *args: called.append(args))
    port = port.replace("LISTENER", str(listener.getsockname()[1]))

    with pytest.raises((RefusedAddressError, NoAnswerError)) as caught:
        post_json(f"http://{host}{port}/", b"{}", network=network)

    listener.close()
    assert called == []
    # A name server may know nothing of the odd spellings; the plain ones are refused by us.
    if host[0].isdigit() and host.count(".") == 3 and "0177" not in host:
        assert caught.type is RefusedAddressError


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://market.example/", "file:///etc/passwd", "gopher://market.example/", "//x.example"),
        *("http://", "http:///x", "", "market.example", "http://user:pw@market.example/"),
        *("http://user@market.example/", "http://market.example:22/", "http://market.example:0/"),
        *("http://market.example:65536/", "http://market.example:x/", "http://[::1/"),
        *("http://market.example/a b", "http://market.example/\r\nX: y", "http://market\t.example"),
        *("http://" + "a" * 64 + ".example/", "http://.example/", "https://market.example:6379/"),
    ],
)
def test_what_is_no_ordinary_web_address_is_refused_before_any_look_up(url):
    looked_up = []
    network = Network(lambda *args: looked_up.append(args) or [PUBLIC], INTERNET.connect)

    with pytest.raises(RefusedAddressError):
        post_json(url, b"{}", network=network)

    assert looked_up == []


def test_a_name_that_answers_differently_the_second_time_is_called_where_it_was_looked_at():
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    called = []

    def connect(address, seconds):
        called.append(address)
        raise ConnectionRefusedError("not in a test")

    network = Network(lambda host, port: next(answers), connect)

    with pytest.raises(NoAnswerError, match="not in a test"):
        post_json("http://rebinding.example/", b"{}", network=network)

    assert called == [(PUBLIC, 80)]
    assert next(answers) == ["127.0.0.1"]  # it was asked once


def test_a_name_with_one_private_address_among_public_ones_is_refused():
    called = []
    network = Network(lambda host, port: [PUBLIC, "10.0.0.1"], lambda *args: called.append(args))

    with pytest.raises(RefusedAddressError, match="not on the public internet"):
        post_json("https://mixed.example/", b"{}", network=network)

    assert called == []


def test_a_connection_that_ends_up_on_this_machine_is_dropped_before_anything_is_sent():
    receiver = Receiver(lambda: [OK])
    network = Network(
        lambda host, port: [PUBLIC],
        lambda address, seconds: socket.create_connection(("127.0.0.1", receiver.port)),
    )

    with pytest.raises(RefusedAddressError):
        post_json("http://routed.example/", b"{}", network=network)

    receiver.close()
    assert receiver.requests == []


def test_the_next_address_is_tried_when_the_first_does_not_answer():
    called = []

    def connect(address, seconds):
        called.append(address[0])
        raise OSError("unreachable")

    network = Network(lambda host, port: ["2606:2800:220:1::1", PUBLIC], connect)

    with pytest.raises(NoAnswerError, match="unreachable"):
        post_json("https://partner.example/", b"{}", network=network)

    assert called == ["2606:2800:220:1::1", PUBLIC]


def test_the_test_receiver_is_allowed_by_host_and_port_only(settings):
    settings.WEBHOOK_TEST_RECEIVER = "127.0.0.1:4242"

    for url in ("http://127.0.0.1/", "http://127.0.0.1:4243/", "http://localhost:4242/"):
        with pytest.raises(RefusedAddressError):
            post_json(url, b"{}")


@pytest.mark.parametrize("header", ["x\r\nHost: evil", "x\ny"])
def test_a_header_with_a_line_end_is_refused(receiving, header):
    with receiving(OK) as receiver, pytest.raises(RefusedAddressError):
        post_json(f"http://127.0.0.1:{receiver.port}/", b"{}", {"X-Name": header})

    assert receiver.requests == []


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_not_http_is_no_answer(receiving, answer):
    with receiving(answer) as receiver, pytest.raises(NoAnswerError):
        post_json(f"http://127.0.0.1:{receiver.port}/", b"{}")


def test_a_server_without_a_certificate_for_its_name_is_not_spoken_to(receiving):
    with receiving(OK) as receiver, pytest.raises(NoAnswerError, match="SSL"):
        post_json(f"https://127.0.0.1:{receiver.port}/", b"{}")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)
