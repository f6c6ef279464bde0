"""The project as a whole: migrations, settings that refuse to start, translations."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command

from tests.conftest import LONGEST, skip_here

ROOT = Path(settings.BASE_DIR)
CATALOGUES = [
    ROOT / "config" / "locale" / code / "LC_MESSAGES" / "django.po" for code in ("ja", "ru")
]
SAFE = {
    "SECRET_KEY": "k" * 50,
    "BASE_URL": "https://market.example",
    "DATABASE_URL": "postgresql://market@db/market",
    "REDIS_URL": "redis://cache:6379/0",
    "PATH": os.defpath,
}


LOCAL = {"BASE_URL": "http://localhost:8000"}


def start(**changes):
    """What a process that reads the settings says; "" when it starts."""
    env = {**SAFE, **changes}
    code = "import config.settings"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_files_that_begin_a_parallel_run_are_there():
    assert [name for name in LONGEST if not (ROOT / name).exists()] == []


def test_safe_production_settings_start():
    assert start() == ""


@pytest.mark.parametrize("switch", ["DEMO", "DEBUG"])
@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]"])
def test_a_demo_of_this_machine_alone_starts(switch, address):
    assert start(**{switch: "1", "BASE_URL": address}) == ""
    assert start(**{switch: "1", "BASE_URL": address, "ALLOWED_HOSTS": "127.0.0.1,[::1]"}) == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "too short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "django-insecure-" + "k" * 50}, "SECRET_KEY"),
        ({"SECRET_KEY": "change-me-" + "k" * 50}, "SECRET_KEY"),
        ({"DEBUG": "1"}, "BASE_URL"),
        ({"DEMO": "1"}, "BASE_URL"),
        ({"DEMO": "1", "BASE_URL": "http://market.example"}, "BASE_URL"),
        ({"DEBUG": "1", "BASE_URL": "http://192.0.2.7:8000"}, "BASE_URL"),
        ({"DEMO": "1", **LOCAL, "ALLOWED_HOSTS": "localhost,market.example"}, "ALLOWED_HOSTS"),
        ({"DEBUG": "1", **LOCAL, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"DEMO": "1", **LOCAL, "ALLOWED_HOSTS": "0.0.0.0"}, "ALLOWED_HOSTS"),
        ({"DEMO": "1", **LOCAL, "ALLOWED_HOSTS": ".localhost"}, "ALLOWED_HOSTS"),
        ({"BASE_URL": "http://market.example"}, "BASE_URL"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"MATCH_PART": "many"}, "MATCH_PART"),
    ],
)
def test_an_unsafe_or_malformed_setting_stops_the_start_and_is_named(changes, named):
    assert named in start(**changes)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_text_is_translated(path):
    with path.open("rb") as file:
        catalogue = read_po(file)

    wanting = [
        message.id
        for message in catalogue
        if message.id
        and (
            message.fuzzy
            or not all(message.string if isinstance(message.string, tuple) else [message.string])
        )
    ]

    assert len(catalogue) > 100
    assert wanting == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_translations_keep_the_placeholders(path):
    with path.open("rb") as file:
        catalogue = read_po(file)
    placeholder = re.compile(r"%\(\w+\)[sd]")

    changed = [
        message.id
        for message in catalogue
        if message.id and isinstance(message.id, str)
        if set(placeholder.findall(message.id)) != set(placeholder.findall(str(message.string)))
    ]

    assert changed == []


def texts_in_f_strings(source):
    """Lines of calls of gettext within an f-string, where xgettext does not see them."""
    names = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
    names |= {f"{one}_lazy" for one in names}
    return [
        call.lineno
        for text in ast.walk(ast.parse(source))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call)
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in names
    ]


def test_no_text_hides_in_an_f_string():
    assert texts_in_f_strings("one = 1\ntold = f\"{one} ({gettext('more')})\"") == [2]

    hidden = [
        f"{path.relative_to(ROOT)}:{line}"
        for app in ("chambers", "config", "marketplace", "matching")
        for path in sorted((ROOT / app).rglob("*.py"))
        for line in texts_in_f_strings(path.read_text("utf-8"))
    ]

    assert hidden == []


def test_the_catalogues_hold_every_text_of_the_code(tmp_path):
    if shutil.which("xgettext") is None:
        skip_here("collecting texts needs xgettext (Debian: apt install gettext)")
    copy = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".venv", "var", ".git", "*.mo", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    env = {**SAFE, "DJANGO_SETTINGS_MODULE": "config.settings"}

    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-l", "ru", "-l", "ja", "--no-obsolete"],
        cwd=copy, env=env, check=True, capture_output=True,
    )  # fmt: skip

    for path in CATALOGUES:
        with path.open("rb") as here, (copy / path.relative_to(ROOT)).open("rb") as anew:
            kept, found = read_po(here), read_po(anew)
        assert {message.id for message in found} <= {message.id for message in kept}
