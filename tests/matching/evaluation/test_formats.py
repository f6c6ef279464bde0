import gzip  # noqa: TID251 -- writes what the gate reads
import json

import pytest

from matching.evaluation.formats import (
    FormatError,
    Kind,
    kind_of,
    read_companies,
    read_pairs,
    read_statements,
)

STATEMENT = {
    "a": "x:1",
    "b": "x:2",
    "quality": "ok",
    "cross_border": True,
    "b_mentions_a": False,
    "a_description_masked": "Makes pumps.",
}
PAIRS = "project_id,topic_title,org_a,country_a,org_b,country_b\n"


def write(tmp_path, text, name="file.jsonl"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_companies_are_read_from_a_packed_file(tmp_path):
    path = tmp_path / "companies.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as target:
        target.write('{"id": "x:1", "name": "Nagano", "country": "JP", "tags": ["SME"]}\n')

    (company,) = read_companies(path)

    assert (company.id, company.country, company.tags) == ("x:1", "JP", ("SME",))
    assert company.description == ""


def test_of_two_lines_with_one_id_the_described_one_counts(tmp_path):
    path = write(
        tmp_path,
        '{"id": "x", "name": "Nagano"}\n{"id": "x", "name": "Nagano", "description": "Lenses"}\n',
    )

    assert [company.description for company in read_companies(path)] == ["Lenses"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"id": "x:1"}\n', ("line 1", "field name", "missing")),
        ('{"id": "x:1", "name": "A"}\n{"id": 7, "name": "B"}\n', ("line 2", "field id", "text")),
        ('{"id": "x", "name": "A", "tags": "SME"}\n', ("line 1", "field tags", "list")),
        ("{broken\n", ("line 1", "not JSON")),
        ("[1]\n", ("line 1", "object")),
        ("\n", ("holds no company",)),
    ],
)
def test_a_mistake_names_the_file_the_line_and_the_field(tmp_path, text, words):
    path = write(tmp_path, text)

    with pytest.raises(FormatError) as caught:
        read_companies(path)

    assert str(path) in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FormatError, match=r"nowhere\.jsonl"):
        read_companies(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize("field", ["cross_border", "b_mentions_a"])
def test_a_statement_says_true_or_false(tmp_path, field):
    path = write(tmp_path, json.dumps(STATEMENT | {field: "yes"}))

    with pytest.raises(FormatError, match=f"line 1, field {field}"):
        read_statements(path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps(STATEMENT), Kind.STATEMENTS),
        (PAIRS, Kind.CONSORTIA),
        ("project_id,org_id,country,activity_type\n", Kind.PARTICIPATIONS),
        ("project_id,topic_title,call_year\n", Kind.PROJECTS),
    ],
)
def test_the_first_line_tells_what_a_file_holds(tmp_path, text, kind):
    assert kind_of(write(tmp_path, text, "any.txt")) is kind


def test_a_file_of_something_else_says_what_is_wanted(tmp_path):
    with pytest.raises(FormatError, match=r"these are no pairs.*a_description_masked"):
        kind_of(write(tmp_path, "name,city\n", "any.csv"))


def test_an_empty_cell_of_a_pair_is_named(tmp_path):
    path = write(tmp_path, PAIRS + "1,Trains,o1,DE,,FR\n", "pairs.csv")

    with pytest.raises(FormatError, match="line 2, field org_b"):
        read_pairs(path)


def test_a_missing_column_is_named(tmp_path):
    path = write(tmp_path, "project_id,topic_title,org_a,country_a,org_b\n", "pairs.csv")

    with pytest.raises(FormatError, match="field country_b"):
        read_pairs(path)
