"""Web addresses that messages may go to: what is none is said to be none, whatever is written."""

import pytest

from studiolo.services.sns.delivery import BadWebhook, check_webhook


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://x:99999/",
        "http://x:no/",
        "javascript:1",
        "ftp://x",
        "",
        "http://",
        "http://169.254.169.254/x",
    ],
)
def test_what_is_no_webhook(url: str) -> None:
    with pytest.raises(BadWebhook):
        check_webhook(url)


def test_what_may_be_one() -> None:
    check_webhook("http://127.0.0.1:1/hook")
    check_webhook("https://nowhere.invalid/hook")
