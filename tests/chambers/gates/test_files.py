import gzip
import os
import time
import zlib

import pytest

from chambers.gates.files import MEBIBYTE, BrokenFileError, Limits, fingerprint, open_outside


def read_all(path, limits=None):
    with open_outside(path, limits) as stream:
        return stream.read()


@pytest.mark.parametrize("name", ["plain.csv", "plain.csv.gz"])
def test_a_plain_file_is_read_whatever_its_name_says(tmp_path, name):
    (tmp_path / name).write_bytes(b"name\nRomashka\n")

    assert read_all(tmp_path / name) == b"name\nRomashka\n"


def test_a_packed_file_is_unpacked_whatever_its_name_says(tmp_path):
    (tmp_path / "packed.csv").write_bytes(gzip.compress(b"name\nRomashka\n") * 2)

    assert read_all(tmp_path / "packed.csv") == b"name\nRomashka\n" * 2


@pytest.mark.parametrize("kept", [11, 40, 400, -9, -1])
def test_a_packed_file_that_was_cut_short_says_so(tmp_path, kept):
    whole = gzip.compress(os.urandom(1000))
    (tmp_path / "cut.gz").write_bytes(whole[:kept])

    with pytest.raises(BrokenFileError, match="ends in the middle"):
        read_all(tmp_path / "cut.gz")


def test_a_damaged_packed_file_says_so(tmp_path):
    whole = bytearray(gzip.compress(b"name\n" * 1000))
    whole[-6] ^= 0xFF  # the checksum
    (tmp_path / "damaged.gz").write_bytes(whole)

    with pytest.raises(BrokenFileError, match="damaged"):
        read_all(tmp_path / "damaged.gz")


@pytest.mark.parametrize("letter", [b"\0", b"a", b"ab\n", b"name,country\n"])
@pytest.mark.parametrize("size", [64, 300, 1024])
def test_a_bomb_is_refused_within_a_second(tmp_path, letter, size):
    packer = zlib.compressobj(9, wbits=31)
    piece = letter * (MEBIBYTE // len(letter))
    packed = b"".join(packer.compress(piece) for _ in range(min(size, 64))) + packer.flush()
    (tmp_path / "bomb.gz").write_bytes(packed * max(1, size // 64))
    begun = time.process_time()

    with pytest.raises(BrokenFileError, match="200 times its size"):
        read_all(tmp_path / "bomb.gz")

    assert time.process_time() - begun < 1  # of work, whatever else the machine does


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(tmp_path):
    (tmp_path / "large.gz").write_bytes(gzip.compress(os.urandom(3 * MEBIBYTE)))

    with pytest.raises(BrokenFileError, match="more than 2 MiB"):
        read_all(tmp_path / "large.gz", Limits(unpacked=2 * MEBIBYTE))


def test_a_file_larger_than_the_limit_is_not_opened(tmp_path):
    (tmp_path / "large").write_bytes(bytes(2 * MEBIBYTE))

    with pytest.raises(BrokenFileError, match="larger than 1 MiB"):
        read_all(tmp_path / "large", Limits(packed=MEBIBYTE))


def test_a_workbook_is_named_as_what_it_is(tmp_path):
    (tmp_path / "members.csv").write_bytes(b"PK\x03\x04rest")

    with pytest.raises(BrokenFileError, match="Save the table as CSV"):
        read_all(tmp_path / "members.csv")


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(BrokenFileError, match="is not a file"):
            read_all(tmp_path / path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BrokenFileError, match=r"nothing\.csv cannot be read: No such file"):
        fingerprint(tmp_path / "nothing.csv")


def test_a_fingerprint_tells_two_files_apart(tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "other").write_bytes(b"2")

    assert fingerprint(tmp_path / "one") != fingerprint(tmp_path / "other")
    assert len(fingerprint(tmp_path / "one")) == 64
