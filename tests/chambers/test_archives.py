"""Files packed together come out as they went in."""

import datetime as dt
import io
import zipfile

from chambers.gates.archives import zip_of


def test_an_archive_unpacks_to_one_folder_with_the_files_as_they_were():
    at = dt.datetime(2026, 6, 25, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    files = [("a.html", "Форум 地域".encode() * 100), ("b.csv", b"")]

    packed = zip_of(iter(files), folder="kit", at=at)

    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert archive.testzip() is None
    assert [(one.filename, archive.read(one)) for one in archive.infolist()] == [
        ("kit/a.html", files[0][1]),
        ("kit/b.csv", b""),
    ]
    assert {one.date_time for one in archive.infolist()} == {(2026, 6, 25, 8, 30, 0)}
    assert len(packed) < len(files[0][1])
