"""What a process holds once it has started is not searched for garbage again and again.

Views, models and templates are a few hundred thousand objects that stay. The search that now and
then goes over all of them takes some 150 ms, which one page of a hundred, or one change of a
profile, would wait for.
"""

import gc
from importlib import import_module

from django.conf import settings

_YOUNG = 20_000
"""New objects between two searches of the youngest: a page makes 100,000, nearly all without
cycles, and the usual 700 search a hundred times and more for each."""


def settle() -> None:
    """Import all pages, then take whatever is there out of the search for garbage."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
