"""The administration speaks the language of whoever works in it, and lets them choose it."""

import pytest
from django.urls import reverse

INDEX = reverse("admin:index")


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Log out"), ("ru", "Выйти"), ("ja", "ログアウト")]
)
def test_pages_are_in_the_language_of_the_person(client, manager, language, told):
    manager.language = language
    manager.save()

    page = client.get(INDEX).content.decode()

    assert f'<html lang="{language}"' in page
    assert told in page


def test_the_language_is_chosen_in_the_header_and_holds_from_then_on(client, manager):
    page = client.get(INDEX, {"o": "1"}).content.decode()
    assert 'name="next" value="/admin/?o=1"' in page

    led = client.post(reverse("language"), {"language": "ru", "next": "/admin/?o=1"})

    assert led["Location"] == "/admin/?o=1"
    assert '<html lang="ru"' in client.get(INDEX).content.decode()
    manager.refresh_from_db()
    assert manager.language == "ru"
