"""A pipeline of 500 steps in a real browser, drawn, shown and running, and the list of 1,000 executions: until it stands
there, and how evenly frames come while it is panned, zoomed and scrolled.

python bench/ui_graph.py          needs Chromium, playwright and a built UI

Frames are asked of the browser itself (requestAnimationFrame, by CDP: the page's policy forbids evaluating text): what
holds up the page's thread shows as a longer interval. Headless Chromium draws in software, on the same cores.
"""

import itertools
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
import conftest

LANES, STEPS, EXECUTIONS = 10, 500, 1000
ANSWERS_A_SECOND = 10
RECORD = """(() => {
  const seen = (window.__frames = []);
  const on = (at) => { seen.push(at); window.__asked = requestAnimationFrame(on); };
  window.__asked = requestAnimationFrame(on);
})()"""
RECORDED = "cancelAnimationFrame(window.__asked), window.__frames"


def define(name: Callable[[int], dict[str, Any]]) -> str:
    """Ten lanes, side by side, of steps one after another; some wait for the lane beside them, too."""
    steps = []
    for n in range(STEPS):
        after = [f"S{n - LANES}"] if n >= LANES else []
        if n >= LANES and n % 7 == 0 and n % LANES:
            after.append(f"S{n - LANES - 1}")
        steps.append({"Name": f"S{n}", "DependsOn": after, **name(n)})
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})


def make(studio: Any, name: str, definition: str) -> None:
    studio.client("sagemaker").create_pipeline(
        PipelineName=name, PipelineDefinition=definition, RoleArn=studio.role, ClientRequestToken="b" * 32
    )


def condition(n: int) -> dict[str, Any]:
    equal = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    return {"Type": "Condition", "Arguments": {"Conditions": [equal], "IfSteps": [], "ElseSteps": []}}


def callback(n: int) -> dict[str, Any]:
    return {"Type": "Callback", "OutputParameters": []} if n >= LANES else condition(n)


def answer(client: Any, arn: str, ends: threading.Event) -> None:
    """Lets the steps that wait go on, so many a second: each is two events or more for the page."""
    while not ends.is_set():
        page = client.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)
        for one in page["PipelineExecutionSteps"]:
            token = one.get("Metadata", {}).get("Callback", {}).get("CallbackToken")
            if one["StepStatus"] == "Executing" and token and not ends.wait(1 / ANSWERS_A_SECOND):
                client.send_pipeline_execution_step_success(CallbackToken=token)
        ends.wait(0.05)


def drag(page: Any, box: dict[str, float]) -> None:
    """Twice there and back over the canvas, by the pointer, as fast as the page takes it in."""
    x, y = box["x"] + box["width"] * 0.5 + 1, box["y"] + box["height"] * 0.5 + 1
    page.mouse.move(x, y)
    page.mouse.down()
    for _ in range(2):
        page.mouse.move(x - box["width"] * 0.4, y - box["height"] * 0.4, steps=60)
        page.mouse.move(x, y, steps=60)
    page.mouse.up()


def zoom(page: Any, box: dict[str, float]) -> None:
    turn(page, "(n % 120 < 60 ? -24 : 24)", box)


def scroll(page: Any, box: dict[str, float]) -> None:
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 300)
    for n in range(120):
        page.mouse.wheel(0, 120 if n % 60 < 30 else -120)


def turn(page: Any, by: str, box: dict[str, float]) -> None:
    """The wheel over the middle of the canvas, a little with each of 240 frames."""
    devtools = page.context.new_cdp_session(page)
    at = f"clientX: {box['x'] + box['width'] / 2}, clientY: {box['y'] + box['height'] / 2}"
    wheel = f"new WheelEvent('wheel', {{deltaY: {by}, {at}, bubbles: true, cancelable: true}})"
    script = f"""new Promise((done) => {{
      const pane = document.querySelector('.react-flow__pane');
      let n = 0;
      const next = () => {{ pane.dispatchEvent({wheel}); ++n < 180 ? requestAnimationFrame(next) : done(); }};
      next();
    }})"""
    devtools.send("Runtime.evaluate", {"expression": script, "awaitPromise": True})
    devtools.detach()


def frames(page: Any, act: Callable[[Any, dict[str, float]], None], box: dict[str, float]) -> list[float]:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Runtime.evaluate", {"expression": RECORD})
    act(page, box)
    seen = devtools.send("Runtime.evaluate", {"expression": RECORDED, "returnByValue": True})["result"]["value"]
    devtools.detach()
    return [later - earlier for earlier, later in itertools.pairwise(seen)]


def told(what: str, intervals: list[float]) -> None:
    ordered = sorted(intervals)
    a_second = 1000 * len(ordered) / sum(ordered)
    late = sum(one > 25 for one in ordered)
    at = lambda part: ordered[min(len(ordered) - 1, int(part * len(ordered)))]  # noqa: E731
    print(
        f"| {what} | {a_second:.1f} | {at(0.5):.1f} | {at(0.95):.1f} | {at(0.99):.1f} | {ordered[-1]:.0f} | {late} of {len(ordered)} |",
        flush=True,
    )


def first(page: Any, url: str, selector: str) -> float:
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(url)
    page.locator(selector).first.wait_for()
    return (time.perf_counter() - began) * 1000


def canvas(page: Any) -> dict[str, float]:
    time.sleep(1)
    return page.locator(".react-flow__pane").bounding_box()


def near(page: Any, box: dict[str, float]) -> None:
    """From the whole to where names can be read."""
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(30):
        page.mouse.wheel(0, -100)
        time.sleep(0.02)
    time.sleep(0.5)


def graph(page: Any, what: str) -> None:
    box = canvas(page)
    told(f"{what}, all in sight: pan", frames(page, drag, box))
    told(f"{what}, all in sight: zoom", frames(page, zoom, box))
    near(page, box)
    told(f"{what}, names in sight: pan", frames(page, drag, box))
    told(f"{what}, names in sight: zoom", frames(page, zoom, box))


def measure(page: Any, studio: Any) -> None:
    client = studio.client("sagemaker")
    url, opened = studio.url, {}
    print(
        "| 500 steps | frames a second | median ms | p95 | p99 | longest | over 25 ms |\n|---|---|---|---|---|---|---|"
    )
    opened["drawn (editor)"] = first(page, f"{url}/pipelines/done/edit", ".step")
    graph(page, "editor")
    arn = client.start_pipeline_execution(PipelineName="done")["PipelineExecutionArn"]
    while client.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Executing":
        time.sleep(0.2)
    opened["an execution that ended"] = first(page, f"{url}/pipelines/done/{arn.rpartition('/')[2]}", ".step")
    graph(page, "execution, ended")
    arn = client.start_pipeline_execution(PipelineName="live")["PipelineExecutionArn"]
    ends = threading.Event()
    answering = threading.Thread(target=answer, args=(studio.client("sagemaker"), arn, ends))
    answering.start()
    try:
        opened["an execution that runs"] = first(page, f"{url}/pipelines/live/{arn.rpartition('/')[2]}", ".step")
        graph(page, "execution, running")
    finally:
        ends.set()
        answering.join()
        client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="c" * 32)
    opened["1,000 executions"] = first(page, f"{url}/pipelines/many?tab=executions", "tbody tr a")
    box = page.locator("main").bounding_box()
    told("1,000 executions: scroll", frames(page, scroll, {**box, "height": 700}))
    print("\n| until it stands there | ms |\n|---|---|")
    for one, took in opened.items():
        print(f"| {one} | {took:.0f} |")


def fill(studio: Any) -> None:
    make(studio, "done", define(condition))
    make(studio, "live", define(callback))
    small = {"Version": "2020-12-01", "Parameters": [], "Steps": [{"Name": "Only", **condition(0)}]}
    make(studio, "many", json.dumps(small))
    client = studio.client("sagemaker")
    for _ in range(EXECUTIONS):
        client.start_pipeline_execution(PipelineName="many")


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        studio = conftest.Studio(Path(folder) / "home")
        studio.start()
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            fill(studio)
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(studio.sign_in_link())
            page.get_by_role("navigation").first.wait_for()
            measure(page, studio)
        finally:
            browser.close()
            conftest.end(studio)


if __name__ == "__main__":
    main()
