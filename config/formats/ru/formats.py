"""Dates in Russian as our texts say them.

Without «г.» after a day: most stand before the full stop of a sentence, and two would follow.
Month and year stand after «с», so in the genitive.
"""

DATE_FORMAT = "j E Y"
DATETIME_FORMAT = "j E Y, H:i"
YEAR_MONTH_FORMAT = "E Y г."
