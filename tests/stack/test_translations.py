import gettext
import os

import pytest

from config.stack.translations import compile_translations

RUSSIAN = """\
msgid ""
msgstr ""
"Language: ru\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 "
"&& (n%100<12 || n%100>14) ? 1 : 2);\\n"

msgid "Companies"
msgstr "Компании"

msgid "%(count)s member"
msgid_plural "%(count)s members"
msgstr[0] "%(count)s член"
msgstr[1] "%(count)s члена"
msgstr[2] "%(count)s членов"

#, fuzzy
msgid "Guild"
msgstr "Гильза"
"""


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "config" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True)
    file.write_text(RUSSIAN)
    return file


def test_translations_are_compiled_with_their_plural_forms_and_without_guesses(source, tmp_path):
    written = compile_translations(tmp_path)

    assert written == [source.with_suffix(".mo")]
    with written[0].open("rb") as file:
        found = gettext.GNUTranslations(file)
    assert found.gettext("Companies") == "Компании"
    assert found.gettext("Guild") == "Guild"
    plurals = [found.ngettext("%(count)s member", "%(count)s members", n) for n in (1, 2, 5)]
    assert plurals == ["%(count)s член", "%(count)s члена", "%(count)s членов"]


def test_only_what_changed_is_compiled_again(source, tmp_path):
    compile_translations(tmp_path)
    assert compile_translations(tmp_path) == []

    later = source.with_suffix(".mo").stat().st_mtime + 5
    os.utime(source, (later, later))

    assert compile_translations(tmp_path) == [source.with_suffix(".mo")]
    assert sorted(file.suffix for file in source.parent.iterdir()) == [".mo", ".po"]


def test_what_cannot_be_read_is_named_and_the_rest_is_compiled(source, tmp_path, capsys):
    too_many = 'msgid "day"\nmsgid_plural "days"\n' + "".join(
        f'msgstr[{n}] "х"\n' for n in range(4)
    )
    source.write_text(RUSSIAN.replace("#, fuzzy", f"{too_many}\n#, fuzzy"))

    written = compile_translations(tmp_path)

    with written[0].open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Companies") == "Компании"
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("config/locale/ru/LC_MESSAGES/django.po: WARNING: ")
