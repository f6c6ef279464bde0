"""Company names across scripts: the brand, a key that groups, a score that proposes, a Latin form.

Legal forms say nothing about who a company is, and some markets write them in front. They are cut
from both ends by a table of markets, whole words only (Chinese, Japanese, Korean and Thai, which
write no spaces: whole strings at the ends), and never when nothing would remain.
A name only proposes that two records are one company; registration number and country decide.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from chambers.words import fold, transliterate

_BETWEEN = re.compile(r"[\W_]+")
NAME_LIMIT = 500
"""Characters read of one name."""

CANDIDATE = 0.8
"""From this similarity on a person should look whether two records are one company."""

# Market: forms before the name; forms after it. Written folded: small letters, no accents, no dots.
_FORMS = {
    "RU": (
        """ооо, оао, пао, ао, зао, нао, ип, гк, нко, ано, гуп, муп, фгуп, акционерное общество,
            общество с ограниченной ответственностью, публичное акционерное общество,
            открытое акционерное общество, закрытое акционерное общество,
            индивидуальный предприниматель, ooo, oao, pao, zao, jsc, pjsc, ojsc, cjsc, llc""",
        """ооо, оао, пао, ао, зао, ooo, oao, pao, zao, jsc, pjsc, ojsc, cjsc,
            joint stock company""",
    ),
    "BY": (
        """одо, уп, чуп, чтуп, чпуп, чсуп, руп, соо, сооо, иооо, odo, chup, частное предприятие,
            общество с дополнительной ответственностью, унитарное предприятие,
            частное унитарное предприятие, частное торговое унитарное предприятие""",
        "одо, уп, чуп, чтуп",
    ),
    "KZ": ("тоо, жшс, товарищество с ограниченной ответственностью", "тоо, жшс"),
    "UA": ("тов, тзов, пат, прат, товариство з обмеженою відповідальністю", "тов, пат, прат"),
    "BG": ("", "оод, еоод, ад, еад, ood, eood, ead"),
    "RS": ("", "доо, doo"),
    "DE": (
        "",
        """gmbh, ag, kg, kgaa, se, ug, ohg, ev, eg, mbh, gmbh and co kg, gmbh co kg, ag and
            co kg, ag and co kgaa, se and co kg, se and co kgaa, gmbh and co kgaa, and co kg,
            aktiengesellschaft, gesellschaft mit beschrankter haftung, kommanditgesellschaft,
            ug haftungsbeschrankt""",
    ),
    "GB": (
        "",
        """ltd, limited, plc, llp, lp, cic, co ltd, co limited, and co, and co ltd, company
            limited, and company, public limited company, company, co""",
    ),
    "US": (
        "",
        """inc, llc, corp, pllc, incorporated, corporation, co inc, and co inc, company inc,
            limited liability company""",
    ),
    "CA": ("", "ltee, inc ltee"),
    "AU": ("", "pty ltd, pty limited, pty"),
    "IN": ("", "pvt ltd, private limited, private ltd, pvt limited, p ltd"),
    "SG": ("", "pte ltd, pte limited, pte"),
    "MY": ("", "sdn bhd, bhd, berhad"),
    "ID": ("pt, cv", "tbk, persero, persero tbk"),
    "FR": ("sarl, sas, sasu, eurl, societe anonyme", "sa, sas, sasu, sarl, eurl, snc"),
    "BE": ("", "nv, bv, bvba, sprl, srl"),
    "NL": ("", "bv, nv, vof, besloten vennootschap"),
    "ES": ("", "sl, slu, sa, sau, slp, s coop, sociedad limitada, sociedad anonima"),
    "PT": ("", "lda, sa, sgps, unipessoal lda"),
    "BR": ("", "ltda, sa, eireli"),
    "MX": ("", "sa de cv, s de rl de cv, sab de cv, sapi de cv"),
    "IT": ("", "spa, srl, srls, snc, sas, scarl, societa per azioni"),
    "CH": ("", "ag, sa, sarl, gmbh"),
    "AT": ("", "gmbh, ag, og, kg, gesmbh, ges mbh, ges m b h"),
    "SE": ("ab, aktiebolaget", "ab publ, ab, aktiebolag"),
    "NO": ("", "as, asa"),
    "DK": ("", "as, aps"),
    "FI": ("oy", "oy, oyj, oy ab, oyj abp"),
    "EE": ("ou, as, osauhing, aktsiaselts", "ou, as, osauhing"),
    "LV": ("sia, as, akciju sabiedriba", "sia, as"),
    "LT": ("uab, ab, uzdaroji akcine bendrove", "uab, ab"),
    "PL": ("", "sp z oo, sp zoo, spzoo, sp k, sp j, sp z oo sp k, spolka akcyjna, spolka z oo"),
    "CZ": ("", "sro, as, spol sro, spol s ro"),
    "HU": ("", "kft, zrt, nyrt, bt"),
    "RO": ("sc", "srl, sa"),
    "HR": ("", "doo, dd"),
    "GR": ("", "ae, epe, sa, αε, επε"),
    "TR": ("", "as, ltd sti, anonim sirketi, limited sirketi"),
    "AE": ("شركة", "llc, fze, fzco, fz llc, wll, شركة, المحدودة"),
    "VN": (
        """cong ty, cong ty co phan, cong ty tnhh, cong ty tnhh mtv, ctcp,
            cong ty trach nhiem huu han, cong ty tnhh mot thanh vien""",
        "jsc, joint stock company",
    ),
    "JP": ("", "kk, gk, yk, kabushiki kaisha, kabushiki gaisha, co ltd"),
    "CN": ("", "co ltd, group co ltd"),
}

# Written without spaces, so found as strings at either end.
_JOINED_FORMS = {
    "JP": """株式会社 有限会社 合同会社 合資会社 合名会社 特定目的会社 相互会社 (株) (有) (同) (資)
        (名) 一般社団法人 一般財団法人 公益社団法人 公益財団法人 医療法人 学校法人 独立行政法人""",
    "CN": "股份有限公司 有限责任公司 有限責任公司 股份公司 有限公司",
    "KR": "주식회사 유한회사 유한책임회사 합자회사 합명회사 (주) (유) (합)",
    "TH": "บริษัท จำกัด (มหาชน) ห้างหุ้นส่วนจำกัด",
}

# Words that many unrelated names share; they alone never make two names alike.
_COMMON_WORDS = """
    group holding holdings international global trade trading industries industry industrial
    technologies technology tech systems solutions services service company enterprise enterprises
    engineering manufacturing products national general united first new the and of de la du bank
    east west north south asia asian europe european america american africa world
    russia russian japan china india indonesia germany deutschland france italy spain latvia latvija
    lithuania lietuva estonia eesti poland belarus kazakhstan ukraine korea thailand vietnam
    uk usa moscow moskva minsk tokyo beijing london
    группа компаний компания торговый дом завод комбинат фабрика фирма предприятие научно
    производственная производственное объединение строй сервис центр россия российский банк москва
"""

_QUOTES = '«»„“”‟"「」『』《》〈〉\u2033'
_EDGE = " \t\r\n,;:.-–—_/|\\*'’‘`・、，。" + _QUOTES
_SIGNS = str.maketrans("", "", "™®©℠\u200b\u200c\u200d\ufeff\u00ad")
_WORD = re.compile(r"[^\W_]+(?:['’`][^\W_]+)*|&")
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003134f]"
)

# What different writers of Cyrillic in Latin letters disagree about, and x for кс.
_SPELLINGS = (("shch", "sch"), ("kh", "h"), ("ck", "k"), ("ph", "f"), ("x", "ks"), ("tz", "ts"))
_I_SOUNDS = re.compile(r"[iyj]+")


@dataclass(frozen=True)
class Parts:
    """A name taken apart, each part as it was written (full-width letters made narrow)."""

    before: str
    brand: str
    after: str


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    folded: str


def _phrases(column: int) -> dict[int, frozenset[tuple[str, ...]]]:
    """The forms of one column of the table by their number of words, longest first."""
    forms = [
        tuple(form.split()) for market in _FORMS.values() for form in market[column].split(",")
    ]
    sizes = sorted({len(form) for form in forms if form}, reverse=True)
    return {size: frozenset(form for form in forms if len(form) == size) for size in sizes}


_BEFORE, _AFTER = _phrases(0), _phrases(1)
_JOINED = sorted(
    unicodedata.normalize("NFKC", " ".join(_JOINED_FORMS.values())).split(), key=len, reverse=True
)


def display_parts(name: str) -> Parts:
    """A name without its legal forms, and the forms before and after it.

    The brand is empty only for an empty name; a name that is nothing but a legal form is its brand.
    """
    text = " ".join(unicodedata.normalize("NFKC", name[:NAME_LIMIT].translate(_SIGNS)).split())
    start, end = 0, len(text)
    while True:
        start, end = _trim(text, start, end)
        cut = _cut_joined(text, start, end) or _cut_words(text, start, end)
        if cut is None:
            break
        start, end = cut
    if text[end : end + 1] == "." and re.search(r"\b[^\W\d_]$", text[start:end]):
        end += 1  # the full stop of an initial
    unquoted = "".join(letter for letter in text[start:end] if letter not in _QUOTES)
    return Parts(
        before=text[:start].strip(_EDGE),
        brand=" ".join(unquoted.split()) or text or name[:NAME_LIMIT].strip(),
        after=text[end:].lstrip(_EDGE).rstrip(_QUOTES + " ,;"),
    )


def bare_number(text: str) -> str:
    """A registration number as it is compared: letters and digits of any width, nothing else."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text[:100])).upper()


def brand(name: str) -> str:
    """The name without legal forms and quotation marks: ``ООО «Ромашка»`` -> ``Ромашка``."""
    return display_parts(name).brand


def grouping_key(name: str) -> str:
    """What two spellings of one brand share: width, case, accents, marks, punctuation, alphabet.

    Never empty for a name that has any character but spaces; the key of a key is itself. Cyrillic
    meets its usual Latin spellings (ks and x, y and i and j, kh and h); other scripts stay.
    """
    key = _key_once(name)
    # A key may end in what reads as a legal form once the spaces are gone.
    while (again := _key_once(key)) != key:
        key = again
    return key


def similarity(one: str, other: str) -> float:
    """How alike the brands of two names are, in [0, 1]; symmetric; 1.0 for equal grouping keys.

    A share of words, each counted as far as it is spelled alike; words many names have in common
    (Group, Japan, Торговый дом) count a fifth. Names without spaces are compared by pairs of
    characters. From CANDIDATE on the pair deserves a look; below 0.5 nothing speaks for it.
    """
    key, other_key = grouping_key(one), grouping_key(other)
    if key == other_key:
        return 1.0 if key else 0.0
    words, other_words = _key_words(one), _key_words(other)
    if not words or not other_words:
        return 0.0
    shared = _one_way(words, other_words) + _one_way(other_words, words)
    score = shared / (_weight(words) + _weight(other_words))
    rare = "".join(word for word in words if word not in _COMMON)
    other_rare = "".join(word for word in other_words if word not in _COMMON)
    if rare and other_rare:
        # One word written as two, or the other way round.
        spelled = _alike(rare, other_rare)
        score = max(score, spelled if spelled >= 0.85 else 0.0)
    return min(score, 0.99)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without punctuation at its ends; brackets go when they do not close."""
    while start < end and (text[start] in _EDGE or text[start] in ")]}&"):
        start += 1
    while start < end and (text[end - 1] in _EDGE or text[end - 1] in "([{&"):
        end -= 1
    return start, end


def _has_letters(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _cut_joined(text: str, start: int, end: int) -> tuple[int, int] | None:
    for form in _JOINED:
        if text.startswith(form, start, end) and _has_letters(text[start + len(form) : end]):
            return start + len(form), end
        if text.endswith(form, start, end) and _has_letters(text[start : end - len(form)]):
            return start, end - len(form)
    return None


def _cut_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    words = _words(text, start, end)
    folded = tuple(word.folded for word in words)
    for size, forms in _BEFORE.items():
        if len(words) > size and folded[:size] in forms:
            return words[size].start, end
    for size, forms in _AFTER.items():
        if len(words) > size and folded[-size:] in forms:
            return start, words[-size].start
    return None


def _words(text: str, start: int, end: int) -> list[_Word]:
    """The words of a span, initials such as S.p.A. or A/S as one."""
    words: list[_Word] = []
    initials = False
    for match in _WORD.finditer(text, start, end):
        letter = match.group()
        folded = "and" if letter == "&" else fold(letter)
        single = len(letter) == 1 and letter.isalpha()
        if initials and single and text[words[-1].end : match.start()] in (".", "/", ". "):
            last = words.pop()
            words.append(_Word(last.start, match.end(), last.folded + folded))
        else:
            words.append(_Word(match.start(), match.end(), folded))
        initials = single
    return words


def _spelled(folded: str) -> str:
    """Folded letters in Latin, with what transliterations disagree about made equal."""
    latin = transliterate(folded)
    for usual, plain in _SPELLINGS:
        latin = latin.replace(usual, plain)
    return _I_SOUNDS.sub("i", latin)


def sound(word: str) -> str:
    """A folded word in Latin letters, what transliterations disagree about made equal.

    ``датчик`` and ``datchik`` give ``datchik``; kana are read by Hepburn; other scripts stay.
    """
    return _spelled(_KANA.sub(lambda run: _hepburn(run.group()), word))


def alike(one: str, other: str) -> float:
    """Spelling likeness of two words in [0, 1]; 1.0 for the same word."""
    return _alike(one, other)


def _key_once(name: str) -> str:
    cut = display_parts(name).brand.replace("&", " and ")
    for text in (cut, name[:NAME_LIMIT]):
        letters = [letter for letter in fold(text) if unicodedata.category(letter)[0] in "LMN"]
        if key := _spelled("".join(letters)):
            return key
    # Nothing but signs: "!!!" must not meet "???".
    return "".join(name[:NAME_LIMIT].split()).casefold()


def _key_words(name: str) -> list[str]:
    cut = brand(name)
    words = [_spelled(word.folded) for word in _words(cut, 0, len(cut))]
    return [word for word in words if word][:30]


_COMMON = frozenset(_spelled(word) for word in _COMMON_WORDS.split())


def _weight(words: list[str]) -> float:
    return sum(0.2 if word in _COMMON else 1.0 for word in words)


def _one_way(words: list[str], others: list[str]) -> float:
    """Weight of the words that have a counterpart, each times how alike the two are."""
    found = 0.0
    for word in words:
        best = max(_alike(word, other) for other in others)
        if best >= 0.6:
            found += best * (0.2 if word in _COMMON else 1.0)
    return found


def _alike(one: str, other: str) -> float:
    """Spelling likeness of two words in [0, 1]: pairs of characters (Dice) or edit distance."""
    if one == other:
        return 1.0
    one, other = sorted((one[:60], other[:60]))
    if _UNSPACED.search(one) or _UNSPACED.search(other):
        pairs, others = Counter(pairwise(one)), Counter(pairwise(other))
        return 2 * (pairs & others).total() / max(1, pairs.total() + others.total())
    return 1.0 - _edits(one, other) / max(len(one), len(other))


def _edits(one: str, other: str) -> int:
    """Insertions, deletions and replacements between two words (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], count
        for at, against in enumerate(other, 1):
            diagonal, row[at] = (
                row[at],
                min(row[at] + 1, row[at - 1] + 1, diagonal + (letter != against)),
            )
    return row[-1]


def latin(name: str) -> str | None:
    """A Latin rendering of a name in another script; None when none can be read off the letters.

    A name in Latin letters comes back as it is. Of others the brand: Cyrillic by transliteration,
    kana by Hepburn (long vowels short), hangul letter by letter (Revised Romanization). Han
    characters have several readings, so a name with them, like one in Arabic, gives None.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name[:NAME_LIMIT]).split())
    if not plain:
        return None
    if _is_latin(plain):
        return plain
    text = transliterate(brand(name))
    text = _KANA.sub(lambda run: f" {_hepburn(run.group()).capitalize()} ", text)
    text = _HANGUL.sub(lambda run: f" {_revised(run.group()).capitalize()} ", text)
    text = " ".join(text.replace("・", " ").split())
    return text if _is_latin(text) else None


_READ_IN = {
    "ru": re.compile(r"[\u0400-\u052f]"),
    "ja": re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"),
}
"""Letters that a reader of a language reads beside Latin ones."""


def beside(name: str, given: str, language: str) -> str:
    """The Latin form that stands beside ``name`` for a reader of ``language``; "" if they read it.

    ``given`` is the one its owner gave; without it what can be read off the letters.
    """
    plain = unicodedata.normalize("NFKC", name[:NAME_LIMIT])
    own = _READ_IN.get(language)
    if _is_latin(own.sub("", plain) if own else plain):
        return ""
    return given or latin(name) or ""


def _is_latin(text: str) -> bool:
    return all(fold(letter).isascii() for letter in text if letter.isalpha())


_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]+")
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")

_KANA_ROWS = {
    "アイウエオ": "a i u e o",
    "カキクケコガギグゲゴ": "ka ki ku ke ko ga gi gu ge go",
    "サシスセソザジズゼゾ": "sa shi su se so za ji zu ze zo",
    "タチツテトダヂヅデド": "ta chi tsu te to da ji zu de do",
    "ナニヌネノ": "na ni nu ne no",
    "ハヒフヘホバビブベボパピプペポ": "ha hi fu he ho ba bi bu be bo pa pi pu pe po",
    "マミムメモヤユヨ": "ma mi mu me mo ya yu yo",
    "ラリルレロワヰヱヲンヴ": "ra ri ru re ro wa i e o n vu",
    "ヵヶ": "ka ke",
}
_KANA_SOUNDS = {
    letter: sound
    for letters, sounds in _KANA_ROWS.items()
    for letter, sound in zip(letters, sounds.split(), strict=True)
}
_SMALL_VOWELS = dict(zip("ァィゥェォヮ", ("a", "i", "u", "e", "o", "wa"), strict=True))
_SMALL_Y = dict(zip("ャュョ", ("a", "u", "o"), strict=True))


def _hepburn(run: str) -> str:
    """Kana in Latin letters, modified Hepburn without macrons: ``ヤマハ`` -> ``yamaha``."""
    sounds: list[str] = []
    double = False
    for letter in run:
        kana = chr(ord(letter) + 0x60) if "\u3041" <= letter <= "\u3096" else letter
        last = sounds[-1] if sounds else ""
        if kana == "ッ":
            double = True
        elif kana in _SMALL_Y and last:
            stem = last[:-1]
            glide = "" if stem.endswith(("sh", "ch", "j")) else "y"
            sounds[-1] = stem + glide + _SMALL_Y[kana]
        elif kana in _SMALL_VOWELS and last:
            stem = {"u": "w", "i": "y"}.get(last, last[:-1])
            sounds[-1] = stem + _SMALL_VOWELS[kana]
        elif sound := _KANA_SOUNDS.get(kana) or _SMALL_VOWELS.get(kana) or _SMALL_Y.get(kana):
            if double and sound[0] not in "aiueon":
                sound = ("t" if sound.startswith("ch") else sound[0]) + sound
            sounds.append(sound)
            double = False
    return "".join(sounds)


_INITIALS, _VOWELS, _FINALS = (
    sounds.split()
    for sounds in (
        "g kk n d tt r m b pp s ss - j jj ch k t p h",
        "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
        "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t",
    )
)


def _revised(run: str) -> str:
    """Hangul in Latin letters, syllable by syllable: ``삼성`` -> ``samseong``.

    Source: Revised Romanization of Korean (2000), without the changes between syllables.
    """
    letters = []
    for syllable in run:
        index = ord(syllable) - 0xAC00
        initial, rest = divmod(index, 588)
        vowel, final = divmod(rest, 28)
        letters.append(_INITIALS[initial] + _VOWELS[vowel] + _FINALS[final])
    return "".join(letters).replace("-", "")
