from matching.evaluation.formats import CompanyText
from matching.evaluation.naming import Names

OTHERS = [
    CompanyText(
        f"o:{n}", f"Zorix{chr(97 + n // 26)}{chr(97 + n % 26)} Pharmaceutical Co., Ltd.", "JP"
    )
    for n in range(30)
]


def names(*companies: tuple[str, str]) -> Names:
    found = [
        CompanyText(f"x:{number}", name, "DE", description=text)
        for number, (name, text) in enumerate(companies)
    ]
    return Names([*found, *OTHERS])


def test_a_company_is_found_by_its_name_without_its_legal_form():
    pool = names(("Merula AG", ""), ("Talpa GmbH", "It works with Merula and others."))

    assert [one.company for one in pool.by_speaker[1]] == [0]


def test_a_company_that_names_itself_is_not_named():
    pool = names(("Merula AG", "Merula AG makes pumps. Merula is in Berlin."))

    assert pool.by_speaker[0] == []


def test_a_word_written_small_is_no_name():
    pool = names(("Target Ltd", ""), ("Talpa GmbH", "They target shops. A target is set."))

    assert pool.by_speaker[1] == []


def test_part_of_a_longer_name_is_not_named():
    pool = names(("Merula AG", ""), ("Talpa GmbH", "It works with Merula Bankers and Old Merula."))

    assert pool.by_speaker[1] == []


def test_a_country_is_no_company():
    pool = names(("Canada Inc.", ""), ("Talpa GmbH", "It sells to Canada, and to Peru."))

    assert pool.by_speaker[1] == []


def test_a_common_last_word_may_be_left_out():
    pool = names(("Talpa GmbH", "It has a licence from Zorixaa."))

    assert [one.company for one in pool.by_speaker[0]] == [1]


def test_a_sentence_about_partners_is_told_from_others():
    pool = names(
        ("Merula AG", ""),
        ("Talpa GmbH", "It has a partnership with Merula."),
        ("Vulpes SA", "It competes with Merula."),
    )

    assert [pool.by_speaker[n][0].together for n in (1, 2)] == [True, False]


def test_companies_of_one_name_share_it():
    pool = names(("Merula AG", ""), ("Merula Ltd", ""), ("Talpa GmbH", "It works with Merula."))

    assert [(one.company, one.share) for one in pool.by_speaker[2]] == [(0, 0.5), (1, 0.5)]
