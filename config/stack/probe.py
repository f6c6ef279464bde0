"""Asks the web server of this machine how it is; the health check of its container."""

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

_SECONDS = 5.0


def ask(path: str, port: int, host: str) -> tuple[int, str]:
    """Status and text of a page of the server at 127.0.0.1, asked for as `host`.

    Status 0 and the reason when nothing answers. Goes through no proxy.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read(4000).decode(errors="replace")
    except (OSError, HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


if __name__ == "__main__":
    status, text = ask(f"/{sys.argv[1]}", int(sys.argv[2]), urlsplit(os.environ["BASE_URL"]).netloc)
    print(status, text)
    sys.exit(status != 200)
