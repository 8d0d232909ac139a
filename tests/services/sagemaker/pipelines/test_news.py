"""Which running steps are looked at, and which changes have an execution looked at."""

from studiolo.base.record import Key, Record
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.definition import Step
from studiolo.services.sagemaker.pipelines.news import LOOK, News, execution_of
from studiolo.store.protocol import Change

EXECUTION = Key("123456789012", names.EXECUTION, "abcdefghijkl")
STEPS = {name: Step(name, "Processing", {}, {}) for name in ("A", "B")}


def job(step):
    return names.child(EXECUTION.name, step, "0.1")


def change(step, word, kind="ProcessingJob"):
    key = Key(EXECUTION.project, kind, job(step))
    record = None if word is None else Record(key, {}, {f"{kind}Status": word}, 2, 1.0, 1.0, {}, False)
    return Change(1, key, record)


def looked(looks):
    return [name for name, step in STEPS.items() if looks(step, {"Made": job(name)})]


def test_an_end_and_a_deletion_matter_and_progress_does_not():
    assert execution_of(change("A", "Completed")) == EXECUTION == execution_of(change("A", None))
    assert execution_of(change("A", "InProgress")) is None
    assert execution_of(Change(1, Key("1", "ProcessingJob", "mine"), None)) is None


def test_the_first_look_is_at_all_and_later_ones_at_what_has_changed():
    news = News()
    assert looked(news.take(EXECUTION, False, 0)) == ["A", "B"]
    assert looked(news.take(EXECUTION, False, 1)) == []
    news.hear(change("B", "Completed"))
    assert looked(news.take(EXECUTION, False, 2)) == ["B"]
    assert looked(news.take(EXECUTION, False, 3)) == []


def test_all_are_looked_at_when_stopping_now_and_then_and_after_a_failure():
    news = News()
    news.take(EXECUTION, False, 0)
    assert looked(news.take(EXECUTION, True, 1)) == ["A", "B"]
    assert looked(news.take(EXECUTION, False, 1 + LOOK)) == ["A", "B"]
    news.forget(EXECUTION)
    assert looked(news.take(EXECUTION, False, 1 + LOOK)) == ["A", "B"]


def test_what_waits_for_no_job_is_always_looked_at():
    news = News()
    news.take(EXECUTION, False, 0)
    looks = news.take(EXECUTION, False, 1)
    assert looks(Step("C", "Callback", {}, {}), {"Token": "t"})
    assert looks(STEPS["A"], {"_at": 5.0})
    assert looks(Step("D", "Endpoint", {}, {}), {"Made": "e"})
