"""What a tab that was left open asks for is nobody's use; what somebody does is."""

import pytest

from studiolo.workloads.workbench.used import changes, edits


@pytest.mark.parametrize(
    ("method", "path", "use"),
    [
        ("GET", "/spaces/1/lab/api/kernels", False),
        ("GET", "/spaces/1/lab/api/contents", False),
        ("POST", "/spaces/1/lab/git/repo/status", False),
        ("PUT", "/spaces/1/lab/api/contents/a.ipynb", True),
        ("POST", "/spaces/1/lab/api/kernels", True),
        ("DELETE", "/spaces/1/lab/api/sessions/x", True),
    ],
)
def test_requests(method, path, use):
    assert changes(method, path) is use


@pytest.mark.parametrize(
    ("message", "use"),
    [
        (b"\x00\x02\x05hello", True),
        (b"\x00\x00\x01", False),
        (b"\x00\x01\x01", False),
        (b"\x01\x05\x02", False),
        ("text", False),
        (b"", False),
    ],
)
def test_messages_of_documents(message, use):
    assert edits(message) is use
