"""Files to upload: small pictures and papers, and some that lie about what they are."""

import io
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(kind="PNG", size=(600, 400), mode="RGB", color="#0a5866", **options):
    """The bytes of a picture of one colour."""
    target = io.BytesIO()
    Image.new(mode, size, color).save(target, kind, **options)
    return target.getvalue()


def pdf(*objects, trailer=b""):
    """A PDF that readers open, with more ``objects`` if given: b"<</S /Launch>>"."""
    body = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]>>",
        *objects,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, one in enumerate(body, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(body) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d /Root 1 0 R %s>>\n" % (len(body) + 1, trailer)
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def packed_object(content):
    """An object stream, as newer PDF hold theirs, with ``content`` in it."""
    packed = zlib.compress(content)
    return b"<</Type /ObjStm /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream" % (
        len(packed),
        packed,
    )


def upload(content, name="file.png"):
    """The bytes as a browser sends them; what it says of their type is not believed anyway."""
    return SimpleUploadedFile(name, content, content_type="image/png")
