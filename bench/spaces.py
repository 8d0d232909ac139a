"""Spaces: how soon JupyterLab answers, what the way through the studio costs a cell, and whether the studio stays quick while
20 people work in spaces of their own.

python bench/spaces.py [people] [starts|cell|environment|people …]
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
import test_environments
import test_spaces
from conftest import Studio, end
from test_spaces import Kernel, Person, World
from websockets.sync.client import connect

from studiolo.run.local.environments.bytecode import compile_all
from studiolo.services.sagemaker.workbench.launch import reach

CELL = "sum(n * n for n in range(200_000))"
PAUSE = 2.0
"""Seconds that a person looks at an answer before the next cell."""
SECONDS = 30
ASKED = (
    ("sagemaker", "ListTrainingJobs", {"MaxResults": 50}),
    ("sagemaker", "ListSpaces", {"MaxResults": 50}),
    ("sagemaker", "ListEndpoints", {"MaxResults": 50}),
)


def usable(world: World, person: Person, space: str) -> float:
    """Seconds from CreateApp to JupyterLab's own answer."""
    began = time.perf_counter()
    world.start(person, space)
    answer = person.http.get(f"{world.path(space)}lab")
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - began


def stop(world: World, space: str) -> None:
    world.sagemaker.delete_app(DomainId=world.domain, SpaceName=space, **test_spaces.APP)
    test_spaces.until(lambda: world.status(space) == "Deleted")


def again(world: World) -> None:
    """The studio started anew: no interpreter waits."""
    world.studio.stop()
    world.studio.start()
    time.sleep(1)


def starts(world: World) -> None:
    ann = world.people["ann"]
    world.private(ann, "lab")
    built = usable(world, ann, "lab")
    stop(world, "lab")
    environment = next((world.studio.home / "environments").glob("jupyter-*/complete")).parent
    cold: list[list[float]] = [[], [], []]
    for _ in range(3):
        again(world)
        cold[0].append(usable(world, ann, "lab"))
        stop(world, "lab")
    began = time.perf_counter()
    assert compile_all(environment)
    compiled = time.perf_counter() - began
    for turn in (1, 2):
        for _ in range(3):
            again(world)
            if turn == 2:
                ann.ask("sagemaker", "ListSpaces")
                time.sleep(3)
            cold[turn].append(usable(world, ann, "lab"))
            stop(world, "lab")
    warm = []
    for _ in range(5):
        warm.append(usable(world, ann, "lab"))
        if len(warm) < 5:
            stop(world, "lab")
    told = [f"{statistics.median(one):.2f} s" for one in cold]
    print(f"first start of all, its environment built from a warm cache: {built:.2f} s")
    print(f"first start of a fresh studio, environment there, not compiled yet: median of 3 {told[0]}")
    print(f"the same, compiled (takes {compiled:.1f} s once, in the background): {told[1]}")
    print(f"the same, the list of spaces looked at before: {told[2]}")
    print(f"later starts: median of 5 {statistics.median(warm):.2f} s")


def build(world: World) -> None:
    studio, took = world.studio, []
    for turn, lines in enumerate(("scikit-learn\nxgboost-cpu\npandas\n", "pandas\nscikit-learn\nxgboost-cpu\nidna\n")):
        name = f"env-{turn}"
        studio.client("sagemaker").create_image(ImageName=name, RoleArn=studio.role)
        base = test_environments.put(studio, name, lines)
        began = time.perf_counter()
        version = test_environments.make(studio, name, base)
        found = test_environments.wait(studio, name, version, 600)
        assert found["ImageVersionStatus"] == "CREATED", found
        took.append(time.perf_counter() - began)
    print(f"environment of scikit-learn, XGBoost and pandas from a warm cache: {took[1]:.2f} s")


def rounds(kernel: Kernel, socket: Any, count: int = 200) -> list[float]:
    kernel.run(socket, "1")
    took = []
    for _ in range(count):
        began = time.perf_counter()
        kernel.run(socket, "1")
        took.append((time.perf_counter() - began) * 1000)
    return took


def cell(world: World) -> None:
    ann, path = world.people["ann"], world.path("lab")
    if world.sagemaker.list_apps()["Apps"] == []:
        world.private(ann, "lab")
        world.start(ann, "lab")
    kernel = Kernel(ann, path)
    runs = world.studio.home / "runs"
    door = reach(next(one for one in runs.glob("*lab.JupyterLab*/ml/run/app.sock") if ".lab." in str(one)))
    door.setblocking(True)
    address = f"ws://localhost{path}api/kernels/{kernel.id}/channels"
    with connect(address, sock=door, proxy=None, additional_headers={"X-Studio-User": "ann"}) as socket:
        direct = rounds(kernel, socket)
    with kernel.socket() as socket:
        proxied = rounds(kernel, socket)
    print(
        f"a cell's round trip, median of {len(direct)}: {statistics.median(direct):.2f} ms straight, "
        f"{statistics.median(proxied):.2f} ms through the studio"
    )


def work(kernel: Kernel, ready: threading.Barrier, over: threading.Event, took: list[float]) -> None:
    with kernel.socket() as socket:
        kernel.run(socket, CELL, 120)
        ready.wait()
        while not over.is_set():
            began = time.perf_counter()
            kernel.run(socket, CELL)
            took.append((time.perf_counter() - began) * 1000)
            over.wait(PAUSE)


def looks(person: Person, seconds: float) -> list[float]:
    """Milliseconds of one request after another, as the studio's pages ask."""
    took: list[float] = []
    until = time.monotonic() + seconds
    calls: list[Callable[[], Any]] = [lambda: person.http.get("/"), lambda: person.http.get("/api/session")]
    calls += [lambda one=one: person.ask(one[0], one[1], **one[2]) for one in ASKED]
    while time.monotonic() < until:
        for call in calls:
            began = time.perf_counter()
            call()
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)
    return sorted(took)


def told(word: str, took: list[float]) -> None:
    took = sorted(took)
    p95, p99 = took[int(len(took) * 0.95)], took[int(len(took) * 0.99)]
    print(
        f"{word}: median {statistics.median(took):.1f} ms, p95 {p95:.1f}, p99 {p99:.1f}, most {took[-1]:.1f} ({len(took)})"
    )


def crowd(world: World, people: int) -> None:
    told("the studio's pages, nobody in a space but one", looks(world.admin, 10))
    others = []
    for number in range(people):
        user, space = f"person{number}", f"space{number}"
        world.admin.ask("studio", "CreateUser", User=user, Password=test_spaces.PASSWORD)
        world.admin.ask("studio", "PutMember", User=user, Role="contributor")
        person = Person(world.studio, user)
        world.private(person, space)
        others.append((person, space))
    began = time.perf_counter()
    for person, space in others:
        world.start(person, space)
        assert world.status(space) == "InService", world.app(space)
    print(f"{people} spaces started one after another in {time.perf_counter() - began:.0f} s")
    over, took = threading.Event(), list[float]()
    ready, threads = threading.Barrier(people + 1), list[threading.Thread]()
    for person, space in others:
        # One after another, as people come: each kernel's start takes a core for a second.
        kernel = Kernel(person, world.path(space))
        with kernel.socket() as socket:
            kernel.run(socket, "1")
        threads.append(threading.Thread(target=work, args=(kernel, ready, over, took)))
    for one in threads:
        one.start()
    ready.wait(120)
    told(f"the studio's pages, {people} people in spaces", looks(world.admin, SECONDS))
    over.set()
    for one in threads:
        one.join()
    told(f"a cell of theirs ({CELL})", took)


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    parts = sys.argv[2:] or ["starts", "cell", "environment", "people"]
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder) / "home")
        studio.start()
        try:
            world = World(studio)
            if "starts" in parts:
                starts(world)
            if "cell" in parts:
                cell(world)
            if "environment" in parts:
                build(world)
            if "people" in parts:
                crowd(world, people)
        finally:
            end(studio)


if __name__ == "__main__":
    main()
