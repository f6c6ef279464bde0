"""What a text says that a company offers, apart from what it says that the company seeks.

"We make harvesters. We seek suppliers of oil." speaks of oil, which the company does not offer. The
cues are those of English, Russian and Japanese; in other languages a text is read whole. In doubt a
passage counts as sought: a code that is not suggested does less harm than a wrong one.
"""

import re

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])\s*|\n")
_BULLET = re.compile(r"\s*(?:[-–—•*·・●■◆]|[0-9]{1,2}[.)])\s*")

_BUYING = "buy|purchase|procure|import|source|find|order"
_ENGLISH = re.compile(
    rf"""(?:(?:\b(?:we|it|company|firm|group|plant|factory|is|are|am|and|also|now|currently|actively)
        |'re|^\W*)\ ?)(?:seek(?:s|ing)?|(?:look|search)(?:s|ing)?\ for)\b(?!\ to\b)
      | (?:\b(?:is|are|am)|'re)\ in\ (?:search|need)\ of\b
      | \b(?:want|wish|would\ like|plan|intend|hope|need|seek|look(?:ing)?)(?:s|ing)?\ to
        \ (?:{_BUYING})\b
      | \binterested\ in\ (?:buying|purchasing|procuring|importing|sourcing|finding|suppliers)\b
      | \bwe\ (?:(?:also|now|currently|urgently|regularly)\ )*
        (?:need|require|buy|purchase|procure)\b(?!\ to\b)
      | ^\W*(?:wanted|needed|sought|required|our\ needs|needs)\s*[:\-–]
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OF_OTHERS = re.compile(
    r"\b(?:you|customers?|clients?|those|anyone|who|that|which|people|buyers?|users?|businesses"
    r"|companies)(?: \w+)? ?\Z",
    re.IGNORECASE,
)
"""Before a cue: somebody else seeks, whom the writer serves."""

_MAKING = (
    "make|produce|manufacture|offer|sell|build|design|develop|supply|provide|export|deliver"
    "|repair|service|grow|process|install"
)
_ENGLISH_AGAIN = re.compile(
    rf"\b(?:and|but|while|,) (?:(?:we|also|ourselves|now) )*(?:{_MAKING})s?\b|\bwe (?:also )?"
    rf"(?:{_MAKING})\b",
    re.IGNORECASE,
)
_ABLE = re.compile(r"\b(?:who|that|which|whose|to|can|able)\b", re.IGNORECASE)

_RUSSIAN = re.compile(
    r"""(?<!\w)(?:
        ищем | ищет | разыскива(?:ем|ет) | подыскива(?:ем|ет) | нуждаемся | нуждается
      | закупа(?:ем|ет) | покупаем | покупает | купим | приобрет[её]м | приобретаем
      | (?:хотим | хотели\ бы | планируем | намерены | готовы)\ (?:\w+\ )?
        (?:купить | закупать | закупить | приобрести | приобретать | найти | импортировать)
      | заинтересован\w*\ в\ (?:\w+\ )?(?:закупк\w+ | поставк\w+ | покупк\w+ | приобретени\w+
        | поиск\w+ | поставщик\w+)
      | в\ поиске | в\ поисках
      | требу[ею]тся | нам\ нуж(?:ен|на|но|ны) | нуж(?:ен|ны|на)
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_RUSSIAN_OF_OTHERS = re.compile(
    r"(?:где|когда|если|котор\w+|не|что|вам|кому|кто|клиент\w*|заказчик\w*|покупател\w*) ?\Z",
    re.IGNORECASE,
)
_RUSSIAN_AGAIN = re.compile(
    r"(?<!\w)(?:производим|выпускаем|делаем|изготавливаем|изготовляем|предлагаем|поставляем"
    r"|прода[её]м|разрабатываем|строим|экспортируем|выращиваем|перерабатываем|оказываем"
    r"|ремонтируем|обслуживаем|проектируем)(?!\w)",
    re.IGNORECASE,
)

_JAPANESE = re.compile(
    r"求めて(?:い(?:ます|る)|おります)?(?=[。、\s]|\Z)|求(?:めます|む|める)(?=[。、\s]|\Z)"
    r"|探して(?:い(?:ます|る)|おります)?(?=[。、\s]|\Z)|探しています|お探し中|を募集"
    r"|必要として(?:い(?:ます|る)|おります)(?=[。、\s]|\Z)"
    r"|(?:購入|調達|仕入れ?|輸入|買付け?|導入)(?:を|の|先を)?(?:したい|希望|検討|予定|たい)"
    r"|(?:購入|調達)(?:し(?:ます|ています)|しております)|買いたい|仕入れたい|希望(?:します|しています)"
)
_JAPANESE_OFFERED = re.compile(
    r"(?:製造|生産|販売|開発|提供|設計|製作|加工|輸出|供給|建設|運営|手掛け|手がけ|作|造)"
    r"(?:や[^、。]{1,12})?(?:し(?:て(?:おり|い(?:る|て))?)?|て(?:おり)?|り|っており)(?:ます)?(?:が)?[、,]"
)


def offered(text: str) -> str:
    """A text without the passages that say what its writer seeks, sentence by sentence.

    Of a sentence of both, what comes before the seeking stays, and after it what begins with
    another verb of making or selling; in Japanese, where the verb comes last, what ends with such
    a verb. A list under "We seek:" goes with its heading. Cost: linear.
    """
    kept: list[str] = []
    listing = False
    for sentence in _SENTENCE.split(text):
        if listing and (not sentence.strip() or _BULLET.match(sentence)):
            continue
        rest = _without_needs(sentence)
        listing = rest != sentence and sentence.rstrip().endswith((":", "："))
        kept.append(rest)
    return "\n".join(filter(str.strip, kept))


def _without_needs(sentence: str) -> str:
    if cue := _JAPANESE.search(sentence):
        makes = [one for one in _JAPANESE_OFFERED.finditer(sentence) if one.end() <= cue.start()]
        return sentence[: makes[-1].end()] if makes else ""
    for cues, others, again in (
        (_ENGLISH, _OF_OTHERS, _ENGLISH_AGAIN),
        (_RUSSIAN, _RUSSIAN_OF_OTHERS, _RUSSIAN_AGAIN),
    ):
        for cue in cues.finditer(sentence):
            before = sentence[: cue.start()]
            if not others.search(before):
                return f"{before} {_after(sentence[cue.end() :], again)}".rstrip()
    return sentence


def _after(sought: str, again: re.Pattern[str]) -> str:
    """What follows the thing sought: from where the writer's own making is told again."""
    begins = again.search(sought)
    if begins is None or _ABLE.search(sought[: begins.start()]):
        return ""
    return sought[begins.start() :]
