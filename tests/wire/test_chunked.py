import pytest

from studiolo.base.errors import ApiError
from studiolo.wire.chunked import ChunkedDecoder

WIRE = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_any_cutting_gives_the_same(step):
    decoder = ChunkedDecoder()
    out = b"".join(piece for start in range(0, len(WIRE), step) for piece in decoder.feed(WIRE[start : start + step]))
    assert out == b"hello world"
    assert decoder.finish() == {"x-amz-checksum-crc32": "DUoRhQ=="}


def test_what_is_cut_off_is_refused():
    decoder = ChunkedDecoder()
    list(decoder.feed(WIRE[:-10]))
    with pytest.raises(ApiError, match="ended before"):
        decoder.finish()
    with pytest.raises(ApiError):
        list(ChunkedDecoder().feed(b"zz\r\n"))
