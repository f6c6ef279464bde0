"""Starts the real thing, from a shell's point of view, and does to it what people do."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from config.stack import CHECKOUT
from config.stack.home import Home, temporary_folder
from config.stack.identity import postgres_identity
from config.stack.probe import ask
from tests.stack.ordinary_user import NOBODY, readable_copy

# What a developer's shell does not have, but these tests were given.
OURS = {"ALLOWED_HOSTS", "BASE_URL", "DATABASE_URL", "DEMO", "DJANGO_SETTINGS_MODULE", "REDIS_URL"}
OURS |= {"MIGRATED_DATABASE", "NUMBA_CACHE_DIR", "SECRET_KEY", "STAFF_MFA", "VAR_DIR"}
SECONDS = 400.0  # a limit for a machine that has much else to do


class Shell:
    """Runs manage.py on a folder of its own, with a temporary folder of its own."""

    def __init__(self, folder: Path, python: Path, checkout: Path, **options):
        self.home = Home(folder / "home")
        self.temporary = folder / "tmp"
        self.temporary.mkdir(mode=0o755)
        self.output = folder / "output"
        self.argv = [str(python), "manage.py"]
        self.options = {"cwd": checkout, "stdin": subprocess.DEVNULL, **options}
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        self.env = {**kept, "TMPDIR": str(self.temporary), "VAR_DIR": str(self.home.path)}

    def start(self, *words: str) -> subprocess.Popen:
        with self.output.open("w") as out:
            return subprocess.Popen(
                [*self.argv, *words], stdout=out, stderr=out, env=self.env, **self.options
            )

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*self.argv, *words],
            capture_output=True,
            text=True,
            env=self.env,
            timeout=SECONDS,
            **self.options,
        )

    def said(self) -> str:
        return self.output.read_text()

    @contextmanager
    def up(self, *words: str):
        """A service that has said its address; killed at the end if it still runs."""
        process = self.start("up", *words)
        try:
            wait_until(lambda: self.address() or process.poll() is not None, told_by=self.said)
            assert process.poll() is None, self.said()
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def address(self) -> str:
        running = self.home.running()
        return running.url if running else ""

    def environment(self) -> dict[str, str]:
        return json.loads((self.home.path / "running.json").read_text())["environment"]

    def processes(self) -> dict[int, str]:
        """Every process that knows our folder by its arguments or its environment."""
        found = {}
        for each in Path("/proc").glob("[0-9]*"):
            try:
                arguments, environment = (each / "cmdline").read_bytes(), b""
                environment = (each / "environ").read_bytes()
            except OSError:
                pass
            if str(self.home.path).encode() in arguments + environment:
                found[int(each.name)] = arguments.replace(b"\0", b" ").decode()
        return found

    def left(self) -> list[str]:
        """Processes and temporary files that somebody forgot."""
        return [*self.processes().values(), *map(str, self.temporary.iterdir())]


def wait_until(condition, told_by=lambda: "waited in vain") -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, told_by()
        time.sleep(0.05)


def process_of(shell: Shell, word: str) -> int:
    """The first, hence oldest, process with a word in its command line."""
    return min(pid for pid, line in shell.processes().items() if word in line)


@pytest.fixture(scope="module")
def shell():
    """Of this checkout, with what this run has compiled already."""
    folder = temporary_folder(postgres_identity(CHECKOUT))
    shell = Shell(folder, Path(sys.executable), CHECKOUT)
    compiled = Path(os.environ["NUMBA_CACHE_DIR"])
    compiled.mkdir(parents=True, exist_ok=True)
    shell.home.prepare()
    (shell.home.path / "numba").symlink_to(compiled)
    yield shell
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def first_port():
    """A port that is taken, as is the next one."""
    with ExitStack() as stack:
        for port in range(18000, 19000):
            pair = [stack.enter_context(socket.socket()) for _ in range(2)]
            try:
                for offset, each in enumerate(pair):
                    each.bind(("127.0.0.1", port + offset))
                    each.listen()
            except OSError:
                continue
            yield port
            return


def test_it_runs_beside_others_is_found_by_commands_and_survives_a_sudden_death(shell, first_port):
    with shell.up("--port", str(first_port)) as process:
        said = shell.said()
        port = int(shell.address().rpartition(":")[2])
        assert first_port + 1 < port < first_port + 20
        assert f"http://127.0.0.1:{port}/" in said
        assert "Ctrl-C stops everything" in said
        logins = (shell.home.path / "demo_logins.log").read_text().rstrip()
        assert "@" in logins
        assert logins in said
        assert ask("/readyz", port, f"127.0.0.1:{port}")[0] == 200

        second = shell.run("up")
        assert second.returncode == 1
        assert (
            f"already running at http://127.0.0.1:{port}/ (process {process.pid})" in second.stderr
        )

        code = "from django.conf import settings; print(settings.BASE_URL, settings.DATABASES)"
        command = shell.run("shell", "--no-imports", "-c", code)
        scratch = json.loads((shell.home.path / "running.json").read_text())["scratch"]
        assert command.stdout.startswith(f"http://127.0.0.1:{port} "), command.stderr
        assert f"'HOST': '{scratch}/sockets'" in command.stdout
        assert shell.address()

        with psycopg.connect(shell.environment()["DATABASE_URL"]) as connection:
            connection.execute("create table kept (word text)")
            connection.execute("insert into kept values ('committed')")
        process.kill()
        process.wait()

    # Started again at once, it waits for the last process of the killed run to end.
    with shell.up("--port", str(first_port)) as process:
        with psycopg.connect(shell.environment()["DATABASE_URL"]) as connection:
            assert connection.execute("select word from kept").fetchall() == [("committed",)]
        assert not Path(scratch).exists()
        os.kill(process_of(shell, "celery --app=config worker"), signal.SIGKILL)
        assert process.wait(SECONDS) == 1
        assert shell.left() == []

    said = shell.said()
    assert "worker was killed by SIGKILL; the end of" in said
    assert "INFO celery" in said.partition("worker was killed")[2]


@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGHUP])
def test_it_can_be_stopped_while_it_starts(shell, asked_by):
    process = shell.start("up", "--no-demo")
    wait_until(lambda: "manage.py migrate" in " ".join(shell.processes().values()))

    process.send_signal(asked_by)

    assert process.wait(SECONDS) == 0, shell.said()
    assert "Stopped." in shell.said()
    assert shell.left() == []


def test_a_command_brings_its_own_services_when_none_run(shell):
    done = shell.run("showmigrations", "--plan", "contenttypes")

    assert done.returncode == 0, done.stderr
    assert "contenttypes.0001_initial" in done.stdout
    assert shell.left() == []


def test_a_second_command_uses_what_the_first_brought_and_both_finish(shell):
    address = "from django.db import connection as c; print(c.settings_dict['HOST'])"
    first = shell.start("shell", "--no-imports", "-c", f"{address}; import time; time.sleep(3)")
    wait_until(lambda: shell.home.running())
    slow = subprocess.Popen(
        [
            *shell.argv,
            "shell",
            "--no-imports",
            "-c",
            f"import time; time.sleep(4); {address}; c.cursor()",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=shell.env,
        **shell.options,
    )

    output, errors = slow.communicate(timeout=SECONDS)

    assert (slow.returncode, errors) == (0, "")
    assert first.wait(SECONDS) == 0, shell.said()
    assert shell.said() == output
    assert shell.left() == []


@pytest.mark.parametrize(("asked_by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_takes_its_services_along(shell, asked_by, code):
    process = shell.start(
        "shell", "--no-imports", "-c", "import time; print('in', flush=True); time.sleep(60)"
    )
    wait_until(lambda: "in" in shell.said())

    process.send_signal(asked_by)

    assert process.wait(SECONDS) == code
    assert shell.said() == "in\n"
    assert shell.left() == []


needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="all other tests here run as an ordinary user already"
)


@pytest.fixture(scope="module")
def ordinary_shell():
    """A checkout of nobody's own, with a Python that nobody may read."""
    folder = temporary_folder(NOBODY)
    python, libraries = readable_copy(folder)
    checkout = folder / "checkout"
    left_out = shutil.ignore_patterns(".*", "var", "__pycache__")
    shutil.copytree(CHECKOUT, checkout, ignore=left_out)
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, NOBODY.user, NOBODY.group)
    who = {"user": NOBODY.user, "group": NOBODY.group, "extra_groups": []}
    shell = Shell(folder, python, checkout, **who)
    os.chown(shell.temporary, NOBODY.user, NOBODY.group)
    shell.home = Home(checkout / "var")
    shell.env |= {"LD_LIBRARY_PATH": str(libraries), "HOME": "/nonexistent"}
    del shell.env["VAR_DIR"]
    yield shell
    shutil.rmtree(folder)


@needs_root
def test_it_works_for_an_ordinary_user_and_ctrl_c_leaves_nothing(ordinary_shell):
    with ordinary_shell.up("--no-demo") as process:
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in ordinary_shell.processes()}
        assert owners == {NOBODY.user}

        process.send_signal(signal.SIGINT)

        assert process.wait(SECONDS) == 0, ordinary_shell.said()

    assert "Stopped." in ordinary_shell.said()
    assert ordinary_shell.left() == []
    assert (ordinary_shell.home.path / "secret_key").exists()


@needs_root
def test_a_user_without_a_name_is_told_to_name_a_database(ordinary_shell):
    ordinary_shell.options["user"] = 54321
    ordinary_shell.env["VAR_DIR"] = str(ordinary_shell.temporary / "var")
    ordinary_shell.temporary.chmod(0o1777)

    done = ordinary_shell.run("up")

    assert done.returncode == 1
    assert "User 54321 has no entry in /etc/passwd" in done.stderr
    assert "DATABASE_URL" in done.stderr
