"""``make bench-web``: what every page weighs, asks for and takes, beside its budget.

A throwaway service with the demo world and the settings of a public one: files compressed and
named by their content, pages compressed. Chromium opens each page as a phone of 390 pixels with a
quarter of this machine's speed, 1.6 Mbit/s and 150 ms of delay: ``cold`` with nothing kept, then
``warm`` once more. The server's time is that of the page alone, asked for without a browser. Ends
with 1 where bytes, requests or queries break the budget; times are told, for they depend on what
else runs. ``--opened 0`` leaves the browser out.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench.web import budget
from bench.web.service import service


def main() -> int:
    """Measure all pages and print them; 1 where a budget is broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder of a service to use again")
    parser.add_argument("--only", help="pages whose name contains this")
    parser.add_argument("--opened", type=int, default=5, help="times a page is opened (5)")
    parser.add_argument("--asked", type=int, default=40, help="times the server is asked (40)")
    options = parser.parse_args()
    with service(options.keep) as address:
        # Both read the settings, which stand only now.
        from bench.web.browser import open_pages
        from bench.web.pages import pages
        from bench.web.server import ask_pages

        wanted = [one for one in pages() if not options.only or options.only in one.name]
        before = os.getloadavg()
        served = ask_pages(wanted, options.asked)
        opened = open_pages(wanted, address, options.opened) if options.opened else {}
        print(
            f"load of the last minute on {os.cpu_count()} cores: "
            f"{before[0]:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end"
        )
    if opened:
        print(budget.weights(opened))
    print(budget.times(opened, served))
    broken = budget.broken(opened, served)
    print("\n".join(broken) or "every page keeps the budget of bytes, requests and queries")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
