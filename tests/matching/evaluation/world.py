"""A small market in files: sectors with words of their own, and who says it works with whom."""

import json
import random
from pathlib import Path

COUNTRIES = ("DE", "FR", "JP", "US", "CN")
SECTORS = ("pumps", "vaccines", "textiles", "software")
PER_SECTOR = 60


def companies(*, told: bool = True, seed: int = 5) -> list[dict]:
    """240 companies; with ``told`` each asking one names its partner in its own text."""
    chance = random.Random(seed)
    rows = []
    for sector in SECTORS:
        stems = [f"{sector}{syllable}" for syllable in ("ra", "lo", "mi", "du", "ke", "so", "ta")]
        for number in range(PER_SECTOR):
            said = " ".join(chance.sample(stems, 4))
            name = f"{sector.title()}ix{_letters(number)} Ltd"
            rows.append(
                {
                    "id": f"{sector}:{number}",
                    "name": name,
                    "country": COUNTRIES[number % len(COUNTRIES)],
                    "industry": sector,
                    "tags": [],
                    "description": f"The company makes {said} for customers, and sells {sector}.",
                    "language": "en",
                }
            )
    if told:
        by_id = {row["id"]: row for row in rows}
        for a, b in pairs():
            by_id[a]["description"] += f" It has an agreement with {by_id[b]['name']}."
    return rows


def pairs() -> list[tuple[str, str]]:
    """Forty pairs across borders, no partner twice: nobody else names it."""
    return [
        (f"{sector}:{number}", f"{sector}:{number + 31}")
        for sector in SECTORS
        for number in range(10)
    ]


def statements(found: list[dict]) -> list[dict]:
    by_id = {row["id"]: row for row in found}
    return [
        {
            "a": a,
            "b": b,
            "quality": "ok",
            "cross_border": True,
            "b_mentions_a": False,
            "a_description_masked": by_id[a]["description"].split(" It has an agreement")[0],
        }
        for a, b in pairs()
    ]


def write_lines(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _letters(number: int) -> str:
    return chr(ord("a") + number // 26) + chr(ord("a") + number % 26)
