"""What in a text tells who wrote it: the check of an anonymous offer or request, in any script.

It proposes; a person decides. What points to a company for certain (its name in another script or
case, an address, a phone number) is to be found always; where nothing is certain a false alarm is
overridden with a reason. Codes, standards, dates and amounts are no alarms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from marketplace.own_names import TOKEN, UNSPACED, alike, find_names, in_kana, key_of, letters_of

LONGEST_EXCERPT = 60  # characters
_TELLING = 6  # letters from which on one name of a person alone tells who it is
KINDS = (
    "name", "product", "email", "url", "phone", "account", "person", "patent", "number", "mark"
)  # fmt: skip

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_AT = re.compile(r"\s*[(\[{<]\s*(?:at|a|собака|@|アット(?:マーク)?|艾特)\s*[)\]}>]\s*", re.I)
_AT_WORD = re.compile(r"(?<=[\w])\s+(?:собака|アットマーク)\s+(?=[\w])", re.I)
_DOT = re.compile(r"\s*[(\[{<]\s*(?:dot|точка|тчк|\.|ドット|点)\s*[)\]}>]\s*", re.I)
# Said in words without brackets: two words around, and an ending of letters behind the point.
_SPOKEN = re.compile(
    r"([\w.+-]*\w)\s+(?:at|собака|эт|アット(?:マーク)?|艾特)\s+([\w-]+)"
    r"\s+(?:dot|точка|тчк|ドット|点)\s+([a-zа-я]{2,})(?!\w)",
    re.I,
)
_EMAIL = re.compile(r"[\w.+%'-]*\w\s?@\s?[\w-]+(?:\s?\.\s?[\w-]{2,})+")
_ENDINGS = (
    "com|net|org|info|biz|io|co|eu|ru|su|by|kz|uz|am|az|ge|kg|tj|tm|ua|md|lv|lt|ee|pl|cz|sk|hu|ro"
    "|bg|rs|hr|si|gr|it|es|pt|fr|de|at|ch|nl|be|dk|se|fi|uk|ie|us|ca|mx|br|ar|in|pk|bd|lk|th|vn|id"
    "|my|sg|ph|jp|cn|hk|tw|kr|mn|au|nz|za|eg|ae|sa|qa|tr|il|ir|shop|online|store|tech|site|pro"
    "|group|company|asia|cloud|dev|app|xyz|me|gg|ly|tv|link|page|club|top|one|to|example|рф|бел|рус|москва|中国|公司|网络|香港|みんな|コム"
)
_URL = re.compile(
    rf"https?://\S+|www\.\S+|(?<![\w@.])[^\W_][\w-]*(?:\.[\w-]+)*\.(?:{_ENDINGS})(?![\w-])(?:/\S*)?",
    re.I,
)
_ACCOUNT = re.compile(
    r"(?<![\w@])@[A-Za-z]\w{3,}"
    r"|(?:telegram|телеграм\w*|whats\s?app|wechat|viber|skype|vk|instagram|facebook|linkedin"
    r"|line\s?id|微信号?|微博|公众号)\s*(?:id)?\s*[:：=/@-]\s*@?[\w.+-]{3,}"
    # Without a sign between: what has letters and digits together is no word of a sentence.
    r"|(?:telegram|телеграм\w*|whats\s?app|wechat|viber|skype|line\s?id|微信号?|公众号)\s*(?:id)?"
    r"\s+@?(?=[\w.-]*[A-Za-z])(?=[\w.-]*[\d_])[\w.-]{4,}",
    re.I,
)
_PATENT = re.compile(
    r"(?:патент\w*|patent\w*|特許|実用新案|专利|專利)[^\d\n]{0,25}\d[\d\s./,-]{3,}\d"
    r"|(?<![\w-])(?:RU|SU|EA|EP|US|JP|CN|WO|DE|KR|BY|KZ)\s?-?(?:№|No\.?)?\s?"
    r"\d[\d\s/,]{5,}\d\s?[ABCUY]\d?(?!\w)"
    r"|(?<!\w)WO\s?\d{4}/\d{5,6}",
    re.I,
)
_PERSON = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Dr)\.?\s+[A-Z][\w'-]+"
    r"|(?<!\w)(?:г-н|г-жа|г-ну|г-же|господин\w*|госпож\w+)\s+[А-ЯЁ][\w-]+"
    r"|(?:contact(?: person)?|контактное лицо|担当者?|联系人|聯繫人|聯絡人)"
    r"\s*[:：—-]\s*[^\W\d][^\n,;。、]{1,40}"
    r"|(?<![皆])[\u3400-\u9fff]{2,4}(?:さん|氏)(?!名)"
    r"|[\u3400-\u9fff]{1,3}(?:先生|女士)",
)
_MARK = re.compile(r"[^\W_][\w-]*(?:\s[^\W_][\w-]*)?\s?[™®]")
_PHONE = re.compile(
    r"(?<![A-Za-zА-Яа-я0-9.,/№-])(?:\+\s?|00)?\(?\d[\d()\s.\-‐-―−ー]{4,}\d(?![A-Za-zА-Яа-я0-9%])"
)
_TELEPHONE = re.compile(
    r"(?:т\.|тел\w*\.?|моб\w*\.?|факс|tel|phone|fax|mob\w*|cell|call|whats\s?app|viber|電話|携帯|电话|手机|传真|ファックス)"
    r"\s*(?:no\.?|№)?\s*[:：.]?\s*$",
    re.I,
)
_MONEY = re.compile(
    r"(?:[$€£¥₽₸]|(?:USD|EUR|RUB|JPY|CNY|KZT|BYN)\s?)$|^\s?(?:[$€£¥₽₸%]|(?:USD|EUR|RUB|JPY|CNY|KZT"
    r"|BYN|руб|евро|долл|eur|dollar|yen|円|元|万|億|亿|шт|pcs|pieces|units|kg|кг|тонн|tons))",
    re.I,
)
_DATE = re.compile(r"(?:19|20)\d\d[-./](?:0\d|1[0-2])|(?:[0-3]?\d)\.(?:0\d|1[0-2])\.(?:19|20)\d\d")
_GOODS_CODE = re.compile(r"\d{4}[ .]\d{2}(?:[ .]\d{2,4}){1,2}(?:[ .]\d)?")


@dataclass(frozen=True)
class Own:
    """What belongs to who writes: the check looks for it in every script."""

    names: tuple[str, ...] = ()  # of the company, with or without legal form
    people: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()  # registration and tax numbers
    products: tuple[str, ...] = ()  # as the company's own named texts call them
    ordinary: frozenset[str] = frozenset()  # words that others use too, as ``doubtful`` gives them


@dataclass(frozen=True)
class Finding:
    """Words that tell who writes; ``kind`` is one of ``KINDS``."""

    kind: str
    words: str


def find_leaks(text: str, own: Own) -> list[Finding]:
    """What in ``text`` tells who wrote it, in the order of ``KINDS``, each once."""
    plain = _mark_kept(text, plain_of(text))
    plain = _SPOKEN.sub(r"\1@\2.\3", plain)
    plain = _DOT.sub(".", _AT_WORD.sub("@", _AT.sub("@", plain)))
    found = [Finding("name", words) for words in find_names(plain, own.names, own.ordinary)]
    found += [Finding("product", words) for _name, words in find_products(plain, own.products)]
    rest = plain
    for kind, pattern in (("email", _EMAIL), ("url", _URL), ("account", _ACCOUNT)):
        found += [Finding(kind, match.group()) for match in pattern.finditer(rest)]
        rest = pattern.sub(lambda match: "\n" * len(match.group()), rest)
    found += [Finding("patent", match.group()) for match in _PATENT.finditer(rest)]
    rest = _PATENT.sub("\n", rest)
    found += [Finding("number", number) for number in _own_numbers(rest, own.numbers)]
    found += [Finding("phone", words) for words in _phones(rest)]
    found += [Finding("person", words) for words in _people(rest, own.people)]
    found += [Finding("mark", match.group()) for match in _MARK.finditer(rest)]
    tidy = {Finding(one.kind, " ".join(one.words.split())[:LONGEST_EXCERPT]) for one in found}
    whole = [
        one
        for one in tidy
        if not any(
            one.kind in (other.kind, "product")
            and (one.words != other.words or one.kind != other.kind)
            and one.words in other.words
            for other in tidy
        )
    ]
    return sorted(whole, key=lambda one: (KINDS.index(one.kind), one.words))


def plain_of(text: str) -> str:
    """A text without invisible signs and widths, in which names are looked for."""
    return unicodedata.normalize("NFKC", text.translate(_INVISIBLE).replace("™", " ™ "))


def find_products(text: str, products: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Which of some names a text says in any script, and how: (the name, its words in the text)."""
    tokens = list(TOKEN.finditer(text))
    for product in products:
        if UNSPACED.search(product):
            if letters_of(product) in letters_of(text):
                yield product, product
            continue
        wanted = [key for key in map(key_of, TOKEN.findall(product)) if key]
        said = _said_in_order(text, tokens, wanted) or next(in_kana(text, product), None)
        if said:
            yield product, said


def _said_in_order(text: str, tokens: list[re.Match[str]], wanted: list[str]) -> str | None:
    """The words of a text that are all those wanted, however they are joined."""
    joined = "".join(wanted)
    for at in range(len(tokens)):
        for size in range(1, len(wanted) + 3):
            window = tokens[at : at + size]
            keys = [key_of(one.group()) for one in window]
            same = len(keys) == len(wanted) and all(map(alike, keys, wanted))
            if same or "".join(keys) == joined:
                return text[window[0].start() : window[-1].end()]
    return None


def _mark_kept(text: str, plain: str) -> str:
    """The sign ™ again, which the normal form writes as the letters TM."""
    return plain.replace(" TM ", " ™ ") if "™" in text else plain


# ---------------------------------------------------------------- people and numbers
def _people(text: str, people: Iterable[str]) -> Iterator[str]:
    yield from (match.group() for match in _PERSON.finditer(text))
    tokens = list(TOKEN.finditer(text))
    for person in people:
        if UNSPACED.search(person):
            if len(letters_of(person)) >= 3 and letters_of(person) in letters_of(text):
                yield person
            elif polite := re.search(_polite(person), text):
                yield polite.group()
            continue
        wanted = [key for key in map(key_of, TOKEN.findall(person)) if len(key) >= 2]
        yield from _family_names(tokens, wanted)
        for at in range(len(tokens) - 1):
            near = [
                token
                for token in tokens[at : at + 3]
                if any(alike(key_of(token.group()), one, least=4) for one in wanted)
            ]
            if len(near) >= 2:
                yield text[near[0].start() : near[-1].end()]
                break


def _polite(person: str) -> str:
    """A pattern of the family name of somebody, two signs mostly, as one is addressed by it."""
    family = letters_of(person)[:2]
    return rf"{re.escape(family)}(?:様|さま|さん|氏|殿|先生|女士|经理|まで|宛)"


def _family_names(tokens: list[re.Match[str]], wanted: list[str]) -> Iterator[str]:
    """Words with a capital that are one of somebody's names, whatever its case ending."""
    for token in tokens:
        word = token.group()
        known = (one for one in wanted if len(one) >= _TELLING)
        if word[:1].isupper() and any(alike(key_of(word), one, least=_TELLING) for one in known):
            yield word


def _own_numbers(text: str, numbers: Iterable[str]) -> Iterator[str]:
    together = re.sub(r"(?<=\d)[\s.\-‐-―](?=\d)", "", text)
    for number in numbers:
        digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", number))
        if len(digits) >= 6 and re.search(rf"(?<!\d){digits}(?!\d)", together):
            yield number


def _phones(text: str) -> Iterator[str]:
    for match in _PHONE.finditer(text):
        for line in match.group().split("\n"):
            if _is_phone(line.strip(), text[: match.start()], text[match.end() :]):
                yield line


def _is_phone(written: str, before: str, after: str) -> bool:
    groups = re.findall(r"\d+", written)
    count = sum(map(len, groups))
    if written.startswith("+"):
        return 8 <= count <= 15
    if _TELEPHONE.search(before[-25:]):
        return 5 <= count <= 15
    if re.fullmatch(r"\d{3}-\d\d-\d\d", written):
        return True
    if not 9 <= count <= 15:
        return False
    no_phone: tuple[Callable[[], object], ...] = (
        lambda: _DATE.search(written),
        lambda: _GOODS_CODE.fullmatch(written),
        lambda: _MONEY.search(before[-5:]) or _MONEY.search(after[:8]),
        lambda: all(re.fullmatch(r"(?:19|20)\d\d", group) for group in groups),
        lambda: _is_amount(written, groups),
    )
    if any(says() for says in no_phone):
        return False
    if len(groups) == 1:
        return (written[0] == "0" and count <= 11) or (written[0] in "178" and count == 11)
    return True


def _is_amount(written: str, groups: list[str]) -> bool:
    """Whether digits stand in threes, as in 1 000 000 000."""
    threes = all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3
    return threes and groups[0][0] != "0" and not re.search(r"[()\-‐-―ー]", written)
