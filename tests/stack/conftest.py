import shutil

import pytest

from config.stack import CHECKOUT
from config.stack.home import Home, temporary_folder
from config.stack.identity import postgres_identity
from config.stack.postgres import Postgres


@pytest.fixture
def home():
    """An empty folder of a service, which PostgreSQL can reach whoever runs it."""
    folder = Home(temporary_folder(postgres_identity(CHECKOUT)))
    folder.prepare()
    yield folder
    shutil.rmtree(folder.path)


@pytest.fixture
def server(home):
    """A PostgreSQL server of its own, new."""
    server = Postgres(
        home.path, home.path / "sockets", identity=home.postgres_identity(), durable=False
    )
    server.start()
    yield server
    server.stop()
