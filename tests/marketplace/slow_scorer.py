"""Says that everybody fits everybody, slowly; a worker process takes it in with ``-I``.

Only where ``SLOW_SCORER`` gives the seconds: the tests themselves import it too.
"""

import os
import time
from itertools import combinations

from marketplace.services.proposals import scores_pairs

SECONDS = os.environ.get("SLOW_SCORER")


def everybody(_event, companies):
    """Pairs of all, each with the same score."""
    return [(one, other, 0.5) for one, other in combinations(sorted(companies), 2)]


if SECONDS is not None:

    @scores_pairs
    def slowly(event, companies):
        """As ``everybody``, later."""
        time.sleep(float(SECONDS))
        return everybody(event, companies)
