import io

import pytest
from PIL import Image

from chambers.gates import papers
from chambers.gates.files import BrokenFileError
from chambers.gates.printing import pdf_of
from tests.chambers.pictures import packed_object, pdf, picture


def opened(checked):
    return Image.open(io.BytesIO(checked.content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_small_enough_for_a_page(kind):
    checked = papers.logo_of(picture(kind, size=(1600, 800)))

    assert checked.content_type == "image/webp"
    assert opened(checked).format == "WEBP"
    assert opened(checked).size == (320, 160)
    assert len(checked.content) < 10_000


def test_a_small_logo_is_not_blown_up_and_keeps_its_transparency():
    checked = papers.logo_of(picture(size=(64, 32), mode="RGBA", color=(10, 88, 102, 0)))

    assert opened(checked).size == (64, 32)
    assert opened(checked).convert("RGBA").getpixel((5, 5))[3] == 0


def test_nothing_but_pixels_is_kept_of_a_picture():
    exif = Image.Exif()
    exif[0x010F] = "CANARY camera"
    gps = exif.get_ifd(0x8825)
    gps[1] = "N"
    content = picture("JPEG", exif=exif) + b"CANARY <script>alert(1)</script>"

    for checked in (papers.logo_of(content), papers.paper_of(content)):
        assert b"CANARY" not in checked.content
        assert not opened(checked).getexif()


def test_a_photo_taken_on_its_side_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    assert opened(papers.paper_of(picture("JPEG", size=(60, 40), exif=exif))).size == (40, 60)


def test_a_transparent_scan_lies_on_white_paper():
    checked = papers.paper_of(picture(mode="RGBA", color=(0, 0, 0, 0)))

    assert opened(checked).format == "JPEG"
    assert min(opened(checked).getpixel((5, 5))) > 250


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00 a program called logo.png",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        picture("GIF", mode="P", color=1),
        picture()[:60],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 200,
    ],
)
def test_what_is_no_picture_is_refused_as_logo_and_as_paper(content):
    pdf_of("<p>Whoever prints reads pictures leniently.</p>", styles=())
    for check in (papers.logo_of, papers.paper_of):
        with pytest.raises(BrokenFileError):
            check(content)


def test_a_picture_that_unpacks_to_gigabytes_is_refused_unopened():
    bomb = picture(size=(7000, 6000), mode="1", color=0)

    assert len(bomb) < 50_000
    with pytest.raises(BrokenFileError, match="40 million pixels"):
        papers.logo_of(bomb)


def test_what_is_larger_than_the_limit_is_refused():
    with pytest.raises(BrokenFileError, match="larger than 5 MB"):
        papers.logo_of(b"\x00" * (papers.LARGEST_PICTURE + 1))
    with pytest.raises(BrokenFileError, match="larger than 10 MB"):
        papers.paper_of(b"%PDF-" + b"\x00" * papers.LARGEST_PAPER)


def test_a_paper_is_kept_byte_for_byte():
    content = pdf(packed_object(b"<</Type /Annot /Contents (To the Java script islands)>>"))

    checked = papers.paper_of(content)

    assert checked == papers.Checked(content, "application/pdf")


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (b"<</S /JavaScript /JS (app.alert(1))>>", "holds a program"),
        (b"<</S /J#61vaScript /JS (app.alert(1))>>", "holds a program"),
        (b"<</S /Launch /F (calc.exe)>>", "holds a program"),
        (b"<</Type /Filespec /EmbeddedFile 9 0 R>>", "holds a program"),
        (b"<</Subtype /RichMedia>>", "holds a program"),
        (packed_object(b"<</S /JavaScript /JS (app.alert(1))>>"), "holds a program"),
        (packed_object(b"<</S /L#61unch>>"), "holds a program"),
        (packed_object(b" " * 70_000_000), "cannot be read"),
    ],
)
def test_a_paper_that_does_more_than_being_read_is_refused(extra, reason):
    with pytest.raises(BrokenFileError, match=reason):
        papers.paper_of(pdf(extra))


def test_a_paper_behind_a_password_is_refused():
    with pytest.raises(BrokenFileError, match="protected"):
        papers.paper_of(pdf(trailer=b"/Encrypt 9 0 R"))


def test_a_paper_cut_short_is_refused():
    with pytest.raises(BrokenFileError, match="cut short"):
        papers.paper_of(pdf()[:-30])


def test_many_streams_without_an_end_take_no_longer_than_reading_them():
    with pytest.raises(BrokenFileError):
        papers.paper_of(b"%PDF-1.7\n" + b"/ObjStm stream " * 200_000)


def test_more_streams_than_a_paper_has_are_not_looked_at_one_by_one():
    many = pdf(b"<</Length 600>>\n" + (b"stream" + b"#41" * 200 + b"endstream\n") * 12_000)

    with pytest.raises(BrokenFileError, match="cannot be read"):
        papers.paper_of(many)
