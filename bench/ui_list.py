"""The list of training jobs over 100,000 of them, in a real browser: until it can be used, and until a filter, an order
and the next page are shown; and what the first pages load.

python bench/ui_list.py          needs Chromium, playwright and a built UI
"""

import gzip
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from studiolo.base.record import Key
from studiolo.services.sagemaker.service import indexers
from studiolo.store.sqlite import SqliteStore

COUNT = 100_000
STUDIOLO = Path(sys.executable).with_name("studiolo")
ROUNDS = 5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, port: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [STUDIOLO, "up", "--home", home, "--port", str(port), "--no-browser"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
            return process
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the studio did not start")


def fill(home: Path, account: str) -> None:
    store = SqliteStore(next(home.rglob("records.db")), indexers())
    random.seed(1)
    spec = {
        "RoleArn": f"arn:aws:iam::{account}:role/studiolo-execution-role",
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
    }
    now = time.time()
    for number in range(COUNT):
        state = random.choice(["Completed"] * 9 + ["Failed"])
        status = {"TrainingJobStatus": state, "SecondaryStatus": state, "TrainingEndTime": now}
        name = f"churn-{random.choice(('xgb', 'forest', 'net'))}-{number:06}"
        store.create(Key(account, "TrainingJob", name), spec, status, now=now - COUNT + number)
    store.close()


def link(home: Path) -> str:
    command = [STUDIOLO, "sign-in", "--home", home]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]


def timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def row(page: Any, text: str) -> None:
    page.locator("tbody tr", has_text=text).first.wait_for()


def measure(browser: Any, url: str, home: Path) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(link(home))
    page.get_by_role("navigation").first.wait_for()
    times: dict[str, list[float]] = {}

    def note(what: str, act: Callable[[], None]) -> None:
        times.setdefault(what, []).append(timed(act))

    field = page.get_by_placeholder("Find by name")
    order = page.locator("[data-focus-id=sorting-control-name]").last  # the sticky copy of the header
    for _ in range(ROUNDS):
        page.goto("about:blank")
        note("open the page, files cached", lambda: (page.goto(f"{url}/jobs"), row(page, "099999"))[-1])
        page.goto(url)
        page.get_by_role("link", name="Training jobs").wait_for()
        note(
            "click Training jobs on Home",
            lambda: (page.get_by_role("link", name="Training jobs").click(), row(page, "099999"))[-1],
        )
        note("next page", lambda: (page.get_by_role("button", name="Next page").click(), row(page, "099969"))[-1])
        note("type 000123 (0.25 s of it is the pause)", lambda: (field.fill("000123"), row(page, "000123"))[-1])
        field.fill("")
        row(page, "099999")
        note("order by name", lambda: (order.dispatch_event("click"), row(page, "churn-forest"))[-1])
    print(f"| over {COUNT} jobs | median ms | worst |\n|---|---|---|")
    for what, all_times in times.items():
        print(f"| {what} | {median(all_times):.0f} | {max(all_times):.0f} |")
    context.close()


def weigh(browser: Any, url: str, home: Path, path: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.request.get(link(home))
    page = context.new_page()
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer) if "/assets/" in answer.url else None)
    page.goto(url + path)
    page.get_by_role("heading").first.wait_for()
    page.wait_for_load_state("load")
    sizes = {"font": 0, "code": 0}
    for answer in answers:
        body = answer.body()
        if answer.url.endswith(".woff2"):
            sizes["font"] += len(body)
        else:
            sizes["code"] += len(gzip.compress(body, 9))
    print(f"| {path} | {sizes['code'] / 1000:.0f} | {sizes['font'] / 1000:.0f} |")
    context.close()


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        home, port = Path(folder) / "home", free_port()
        url = f"http://127.0.0.1:{port}"
        studio = start(home, port)
        lines = subprocess.run([STUDIOLO, "env", "--home", home], check=True, capture_output=True, text=True).stdout
        account = lines.split("arn:aws:iam::")[1][:12]
        studio.terminate()
        studio.wait()
        fill(home, account)
        studio = start(home, port)
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            measure(browser, url, home)
            print("\n| first load | JS and CSS, kB gzip | font, kB |\n|---|---|---|")
            for path in ("/", "/jobs"):
                weigh(browser, url, home, path)
        finally:
            browser.close()
            studio.terminate()
            studio.wait()


if __name__ == "__main__":
    main()
