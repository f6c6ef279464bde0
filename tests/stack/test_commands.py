import pytest

from config.stack.commands import needs_services


@pytest.mark.parametrize(
    "line",
    [
        "",
        "help",
        "help migrate",
        "--version",
        "version",
        "migrate --help",
        "check",
        "check --deploy",
        "collectstatic --no-input",
        "makemessages --locale ru",
        "compilemessages",
    ],
)
def test_a_command_that_reads_no_rows_brings_nothing_along(line):
    assert not needs_services(line.split())


@pytest.mark.parametrize("line", ["migrate", "shell", "check --database default", "seed", "match"])
def test_any_other_command_has_the_services(line):
    assert needs_services(line.split())
