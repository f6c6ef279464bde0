import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from config.stack.child import Child, StackError


def python(code: str, log: Path, **options) -> Child:
    return Child("sample", [sys.executable, "-c", textwrap.dedent(code)], log, **options)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(condition, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def log(tmp_path):
    return tmp_path / "sample.log"


def test_a_child_that_ends_well_leaves_what_it_said_in_its_log(log):
    child = python("print('seven chambers')", log)

    child.start()
    child.finish()

    assert log.read_text() == "seven chambers\n"


def test_a_child_that_ends_badly_is_reported_with_its_last_words(log):
    child = python("import sys; print('no such table'); sys.exit(3)", log)

    child.start()

    with pytest.raises(StackError, match=r"sample stopped with exit code 3:\n    no such table"):
        child.finish()


def test_a_child_that_dies_while_we_wait_for_it_is_reported_at_once(log):
    child = python("import sys; sys.exit(1)", log)

    child.start()

    with pytest.raises(StackError, match="sample stopped with exit code 1 while starting"):
        child.wait_until(lambda: False, timeout=30)


def test_a_child_that_never_gets_ready_is_given_up(log):
    child = python("import time; time.sleep(60)", log)
    child.start()

    with pytest.raises(StackError, match=r"sample is not ready after 0 s"):
        child.wait_until(lambda: False, timeout=0.2)

    child.stop()
    assert not child.running()


def test_the_stop_signal_is_sent_only_once(log):
    child = python(
        """
        import signal, time
        def note(*_): print("asked", flush=True)
        signal.signal(signal.SIGTERM, note)
        print("ready", flush=True)
        time.sleep(0.3); time.sleep(60)
        """,
        log,
    )
    child.start()
    child.wait_until(lambda: "ready" in log.read_text())

    child.ask_to_stop()
    child.ask_to_stop()
    child.wait_until(lambda: "asked" in log.read_text())
    child.stop(timeout=0.5)

    assert log.read_text().count("asked") == 1
    assert child.ending() == "sample was killed by SIGKILL"


def test_stopping_ends_the_whole_group_of_a_killed_child(log):
    child = python(
        """
        import subprocess, sys, time
        inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(inner.pid, flush=True)
        time.sleep(60)
        """,
        log,
    )
    child.start()
    child.wait_until(lambda: log.read_text().endswith("\n"))
    inner = int(log.read_text())
    os.kill(child.pid, signal.SIGKILL)

    child.stop()

    assert wait_for(lambda: not alive(inner))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the children of the dead")
def test_a_child_ends_when_its_parent_is_killed(tmp_path, log):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                f"""
                import sys, time
                from pathlib import Path
                from config.stack.child import Child
                sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
                child = Child("inner", sleep, Path({str(log)!r}))
                child.start()
                print(child.pid, flush=True)
                time.sleep(60)
                """
            ),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    inner = int(parent.stdout.readline())
    assert alive(inner)

    parent.kill()
    parent.communicate()

    assert wait_for(lambda: not alive(inner))


def test_a_long_log_is_put_aside_and_one_older_log_is_kept(log, monkeypatch):
    monkeypatch.setattr("config.stack.child._LOG_BYTES", 10)
    log.write_text("the run before, at length\n")

    child = python("print('now')", log)
    child.start()
    child.finish()

    assert log.read_text() == "now\n"
    assert log.with_suffix(".log.1").read_text() == "the run before, at length\n"
