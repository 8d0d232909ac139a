"""The space's own small client: signed as botocore would sign it, and what is refused in the studio's words."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from studiolo.wire import sigv4
from studiolo.wire.http import Request
from studiolo.workloads.workbench.scheduling import files, mapping
from studiolo.workloads.workbench.scheduling.studio import Refused, Studio, signed

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret/+x", "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "us-east-1", "SAGEMAKER_ROLE": "arn:aws:iam::123456789012:role/x", "STUDIOLO_USER": "ann",
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "service"), [("POST", "/", "studio"), ("PUT", "/b/a%20b.ipynb", "s3")])
def test_the_server_takes_its_signature(method, path, service):
    digest = "UNSIGNED-PAYLOAD" if service == "s3" else sigv4.EMPTY_SHA256
    now = datetime.now(UTC)
    headers = signed(method, path, {"Host": "localhost:8787"}, digest, service, KEYS, now)
    request = Request(method, path, "", headers, b"")
    signature = sigv4.read(request)
    assert signature is not None and (signature.service, signature.token) == (service, "token")
    sigv4.verify(signature, request, KEYS["AWS_SECRET_ACCESS_KEY"], digest, now.timestamp())


@pytest.fixture
def studio():
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            refused = asked.get("refuse")
            said = (
                {"__type": "com.x#ValidationException", "message": "no"}
                if refused
                else {"told": self.headers["X-Amz-Target"]}
            )
            body = json.dumps(said).encode()
            self.send_response(400 if refused else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Studio({**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"})
    server.shutdown()


def test_it_asks_and_is_refused_in_the_studios_words(studio):
    assert studio.ask("studio", "ListImages") == {"told": "Studio.ListImages"}
    assert (studio.bucket, studio.user) == ("sagemaker-us-east-1-123456789012", "ann")
    with pytest.raises(Refused, match="no") as refused:
        studio.ask("sagemaker", "StopTrainingJob", refuse=True)
    assert refused.value.code == "ValidationException"


def test_a_studio_that_is_away_is_told():
    with pytest.raises(Refused, match="does not answer"):
        Studio({**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}).ask("studio", "ListImages")


def test_only_files_of_the_home_go_along(tmp_path, monkeypatch):
    home = tmp_path / "home"
    for name in ("work/a.ipynb", "work/data/x.csv", "work/.git/config", "work/.env", "jobs/old/b.ipynb"):
        files.write(home / name, b"x")
    files.write(tmp_path / "secret", b"x")
    (home / "work" / "link").symlink_to(tmp_path / "secret")
    notebook = files.within(str(home), "RTC:work/a.ipynb")
    assert [one.relative_to(home).as_posix() for one in files.beside(str(home), notebook)] == [
        "work/a.ipynb",
        "work/data/x.csv",
    ]
    files.write(home / "top.ipynb", b"x")
    below = [one.relative_to(home).as_posix() for one in files.beside(str(home), files.within(str(home), "top.ipynb"))]
    assert below == ["top.ipynb", "work/a.ipynb", "work/data/x.csv"], "nothing of earlier jobs"
    for path in ("../secret", "work/link", "none.ipynb", "work"):
        with pytest.raises(mapping.Unusable, match="There is no file"):
            files.within(str(home), path)
    monkeypatch.setattr(files, "MAX_FILES", 1)
    with pytest.raises(mapping.Unusable, match="without its folder"):
        files.beside(str(home), notebook)
