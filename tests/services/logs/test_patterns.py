import pytest

from studiolo.base.errors import ApiError
from studiolo.services.logs.patterns import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("", "anything", True),
        ("loss epoch", "epoch 3 loss 0.2", True),
        ("loss epoch", "epoch 3", False),
        ("loss -epoch", "epoch 3 loss 0.2", False),
        ("?warn ?error", "an error", True),
        ("?warn ?error", "all well", False),
        ('"out of memory"', "killed: out of memory", True),
        ('"out of memory"', "out of disk, memory is fine", False),
        ('-"out of memory"', "killed: out of memory", False),
        ('{ $.level = "error" }', '{"level": "error"}', True),
        ('{ $.level = "err*" }', '{"level": "error"}', True),
        ('{ $.level = "err*" }', "level error", False),
        ("{ $.loss < 0.5 && $.epoch >= 3 }", '{"loss": 0.4, "epoch": 3}', True),
        ("{ $.loss < 0.5 && $.epoch >= 3 }", '{"loss": 0.4, "epoch": 2}', False),
        ("{ ($.a = 1 || $.b = 2) && $.c != 3 }", '{"b": 2, "c": 4}', True),
        ("{ $.a[1].b = 7 }", '{"a": [0, {"b": 7}]}', True),
        ("{ $.a[*] = 7 }", '{"a": [1, 7]}', True),
        ("{ $.a IS NULL }", '{"a": null}', True),
        ("{ $.a IS TRUE }", '{"a": 1}', False),
        ("{ $.a NOT EXISTS }", '{"b": 1}', True),
        ("{ $.a EXISTS }", '{"b": 1}', False),
    ],
)
def test_a_line_is_found_or_not(pattern, line, found):
    assert compile_pattern(pattern)(line) is found


@pytest.mark.parametrize(
    "pattern",
    ['"open', "{ $.a = }", "{ $.a = 1", "{}", "{ a = 1 }", "[a, b]", "%x.*%", "{ $.a < x }", "{ (" * 60 + "$.a=1}", "{ $ = 1 }"],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(ApiError) as refused:
        compile_pattern(pattern)
    assert refused.value.code == "InvalidParameterException"
