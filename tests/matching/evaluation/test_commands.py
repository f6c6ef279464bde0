import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from config.stack.commands import needs_services
from matching.engine.prior import Facts, Learnt, shipped
from matching.evaluation.answering import METRICS
from tests.matching.evaluation import world

METHODS = [
    "random",
    "popularity",
    "bm25",
    "tfidf",
    "engine_with_own_constants",
    "engine_without_popularity",
    "engine",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    found = world.companies()
    said = world.statements(found)
    beside = folder / "partner_gt"
    beside.mkdir()
    world.write_lines(beside / "company_statements_train.jsonl", said[:25])
    return (
        world.write_lines(folder / "companies.jsonl", found),
        world.write_lines(folder / "later.jsonl", said[25:]),
        beside,
    )


def run(files, *words, pairs=None):
    out = io.StringIO()
    companies, later, _beside = files
    call_command(
        "evaluate_matching",
        "--companies", str(companies), "--pairs", str(pairs or later), *map(str, words),
        stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    return out.getvalue()


def test_no_service_is_needed():
    assert not needs_services(["evaluate_matching", "--companies", "x", "--pairs", "y"])
    assert not needs_services(["learn_prior", "--companies", "x", "--pairs", "y"])


def test_figures_are_printed_with_intervals_and_what_was_known_before(files, tmp_path):
    printed = run(files, "--json", tmp_path / "figures.json")

    found = json.loads((tmp_path / "figures.json").read_text())
    assert list(found) == METHODS
    assert all(list(figures) == list(METRICS) for figures in found.values())
    assert all(isinstance(value, float) for each in found.values() for value in each.values())
    assert "company_statements_train.jsonl" in printed
    assert "recall@100" in printed
    assert f"{found['engine']['mrr']:.4f}  [" in printed


@pytest.mark.parametrize("pool", ["foreign", "all"])
def test_the_engine_keeps_every_limit_by_itself_and_answers_every_query(files, tmp_path, pool):
    run(files, "--pool", pool, "--json", tmp_path / "figures.json")

    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["engine"]["queries"] == 15
    assert found["engine"]["violations"] == 0
    assert found["bm25"]["violations"] > 0


def test_the_same_seed_gives_the_same_figures(files, tmp_path):
    for name in ("one", "again"):
        run(files, "--json", tmp_path / name, "--seed", "3", "--limit", "9")

    assert (tmp_path / "one").read_bytes() == (tmp_path / "again").read_bytes()


def test_the_file_of_pairs_is_no_history_of_its_own(files):
    _companies, later, beside = files
    world.write_lines(
        beside / "later_too.jsonl", [json.loads(x) for x in later.read_text().splitlines()]
    )

    printed = run(files, "--limit", "4")

    assert "later_too" not in printed.partition("\n")[0]


def test_no_history_can_be_asked_for(files):
    assert run(files, "--limit", "2", "--history").startswith("history: none")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("pairs.csv", "name,city\n", "these are no pairs"),
        ("projects.csv", "project_id,topic_title,call_year\n", "Name it after --history"),
        ("none.jsonl", None, "none.jsonl"),
    ],
)
def test_a_wrong_file_of_pairs_says_what_to_do(files, tmp_path, name, text, words):
    if text is not None:
        (tmp_path / name).write_text(text)

    with pytest.raises(CommandError, match=words):
        run(files, pairs=tmp_path / name)


def test_pairs_of_other_companies_say_what_to_check(files, tmp_path):
    strangers = [row | {"a": "nobody"} for row in world.statements(world.companies())]

    with pytest.raises(CommandError, match="both companies must stand with a description"):
        run(files, pairs=world.write_lines(tmp_path / "strangers.jsonl", strangers))


def test_figures_that_cannot_be_written_say_where(files, tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        run(files, "--limit", "2", "--json", tmp_path / "no" / "folder.json")


def test_consortia_want_past_projects(files, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("project_id,topic_title,org_a,country_a,org_b,country_b\n1,T,a,DE,b,FR\n")

    with pytest.raises(CommandError, match="no past projects"):
        run(files, pairs=pairs)


def learn(files, path, *words):
    out = io.StringIO()
    companies, _later, _beside = files
    pairs = world.write_lines(path.parent / "all.jsonl", world.statements(world.companies()))
    call_command(
        "learn_prior", "--companies", str(companies), "--pairs", str(pairs), "--out", str(path),
        *words, stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    return out.getvalue()


def test_learning_prints_figures_of_companies_left_out_and_writes_parameters(files, tmp_path):
    printed = learn(files, tmp_path / "prior.npz", "--data-of", "2026-01-01")

    learnt = Learnt.load(tmp_path / "prior.npz")
    assert "fair recall@100" in printed
    assert "(companies left out)" in printed
    assert learnt.meta["data_of"] == "2026-01-01"
    assert learnt.meta["queries"] == 40
    assert np.array_equal(learnt.topic_lift, learnt.topic_lift.T)


def test_learning_twice_gives_the_same_bytes_without_any_company(files, tmp_path):
    for name in ("one", "again"):
        (tmp_path / name).mkdir()
        learn(files, tmp_path / name / "prior.npz", "--seed", "2")

    one = tmp_path / "one" / "prior.npz"
    assert one.read_bytes() == (tmp_path / "again" / "prior.npz").read_bytes()
    names = {row["name"].split()[0].lower() for row in world.companies()}
    assert not names & set(Learnt.load(one).words)


def test_learnt_parameters_are_used_and_the_pairs_they_came_from_are_told(files, tmp_path):
    learn(files, tmp_path / "prior.npz")

    printed = run(
        files, "--prior", tmp_path / "prior.npz", "--limit", "4", pairs=tmp_path / "all.jsonl"
    )

    assert "learnt from these very pairs" in printed


def test_too_few_pairs_teach_nothing(files, tmp_path):
    companies, later, _beside = files

    with pytest.raises(CommandError, match="15 usable pairs; 30 are the least"):
        call_command(
            "learn_prior", "--companies", str(companies), "--pairs", str(later),
            "--out", str(tmp_path / "prior.npz"),
        )  # fmt: skip


def test_the_shipped_parameters_are_small_and_symmetric():
    learnt = shipped()

    assert learnt.prior.industries[0] == "t000"
    assert np.array_equal(learnt.country_lift, learnt.country_lift.T)
    assert len(learnt.words) < 10_000
    assert learnt.weights().standing == 1.0


def test_a_text_has_the_topic_of_texts_like_it():
    learnt = shipped()

    one = learnt.topic(["vaccin", "antibodi", "clinic", "oncolog", "therapi"])
    other = learnt.topic(["antibodi", "tumor", "clinic", "therapi", "immun"])

    assert one
    assert one == other
    assert learnt.topic(["softwar", "cloud", "enterpris", "platform", "data"]) not in ("", one)
    assert learnt.topic(["насос"]) == ""


def test_popularity_counts_only_when_asked_for():
    learnt = shipped()
    words = ["vaccin", "clinic", "therapi"]
    unknown, known = Facts(characters=900), Facts(characters=900, named=20.0, worked=5.0)

    assert learnt.standing(words, unknown) == learnt.standing(words, known)
    assert learnt.standing(words, unknown, popularity=True) < learnt.standing(
        words, known, popularity=True
    )
