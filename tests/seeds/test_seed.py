import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from chambers.models import Chamber, User
from chambers.services import bodies
from seeds import demo, reference
from tests.factories import CountryFactory

pytestmark = pytest.mark.django_db


def test_a_seeding_that_fails_leaves_nothing_but_the_reference():
    reference.load_reference()
    bodies.found_chamber(
        slug="almaty", name_en="Another", kind="city", country=CountryFactory(), zone="UTC"
    )

    with pytest.raises(ValidationError):
        demo.build(lambda text: None)

    assert not User.objects.exists()
    assert Chamber.objects.count() == 1
    assert connection.features.uses_savepoints


@pytest.mark.parametrize("command", [["seed"], ["seed_demo", "--json", "keys.json"]])
def test_outside_of_a_demo_no_known_password_is_made(settings, command, tmp_path, monkeypatch):
    settings.DEMO = settings.DEBUG = False
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError, match="demo only"):
        call_command(*command)

    assert not User.objects.exists()
    assert list(tmp_path.iterdir()) == []
