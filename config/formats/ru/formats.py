"""Month and year in Russian as our texts say them: after «с», so in the genitive."""

YEAR_MONTH_FORMAT = "E Y г."
