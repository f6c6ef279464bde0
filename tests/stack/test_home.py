import os
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from config.stack.child import StackError
from config.stack.home import Home, Running

HERE = Running(os.getpid(), "up", "", {"REDIS_URL": "redis://:secret@127.0.0.1:1/0"}, "http://x")


def dead_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(home):
    key = home.secret_key()

    assert len(key) > 50
    assert Home(home.path).secret_key() == key
    assert stat.S_IMODE((home.path / "secret_key").stat().st_mode) == 0o600


def test_others_learn_of_a_running_service_from_a_file_closed_to_strangers(home):
    home.announce(HERE)

    assert Home(home.path).running() == HERE
    assert stat.S_IMODE((home.path / "running.json").stat().st_mode) == 0o600


def test_a_service_whose_process_is_gone_does_not_run(home):
    home.announce(replace(HERE, pid=dead_process()))

    assert home.running() is None


def test_forgetting_removes_what_a_killed_owner_left_behind(home, tmp_path):
    left = tmp_path / "market-abc"
    left.mkdir()
    home.announce(replace(HERE, pid=dead_process(), scratch=str(left)))

    home.forget()
    home.forget()

    assert home.running() is None
    assert not left.exists()


def test_a_folder_is_held_until_the_last_process_that_inherited_the_lock_ends(home):
    with home.lock("lock") as owned:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, pass_fds=[owned])
    with home.lock("lock") as second:
        assert second is None

    child.communicate(b"\n")

    with home.lock("lock") as third:
        assert third is not None


def test_many_may_use_a_folder_and_nobody_may_close_it_meanwhile(home):
    with home.lock("users", shared=True) as one, home.lock("users", shared=True) as two:
        assert one is not None
        assert two is not None
        with home.lock("users") as alone:
            assert alone is None


def test_a_folder_of_somebody_else_is_named(home):
    if os.geteuid() == 0:
        code = (
            "import os, sys; from pathlib import Path; from config.stack.home import Home;"
            f"os.setuid(65534); Home(Path({str(home.path)!r}) / 'mine').prepare()"
        )
        home.path.chmod(0o711)
        os.chown(home.path, 0, 0)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert f"{home.path / 'mine'} belongs to another user" in done.stderr
    else:
        home.path.chmod(0o500)
        with pytest.raises(StackError, match="belongs to another user"):
            Home(home.path / "mine").prepare()
        home.path.chmod(0o700)
