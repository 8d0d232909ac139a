"""What a FailureReason says of an instance that did not come up."""

from studiolo.services.sagemaker.hosting.reasons import ending

DEEP = """Loading
Traceback (most recent call last):
  File "/somewhere/workloads/serving/main.py", line 14, in <module>
    code = Supervisor().run()
           ^^^^^^^^^^^^^^^^^^
  File "/opt/ml/model/inference.py", line 3, in model_fn
    raise ValueError("the weights are missing")
ValueError: the weights are missing"""
SYNTAX = """Traceback (most recent call last):
  File "/somewhere/handler.py", line 38, in _user_module
    spec.loader.exec_module(module)
  File "/opt/ml/model/inference.py", line 1
    def x(:
          ^
SyntaxError: invalid syntax"""
CHAINED = """Traceback (most recent call last):
  File "/opt/ml/model/inference.py", line 3, in model_fn
    open("x")
FileNotFoundError: x

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/ml/model/inference.py", line 5, in model_fn
    load()
RuntimeError: no model
Check the archive."""


def test_the_exception_and_where_it_was_raised():
    assert ending(DEEP.split("\n"), 1) == "ValueError: the weights are missing (/opt/ml/model/inference.py, line 3)."
    assert ending(SYNTAX.split("\n"), 1) == "SyntaxError: invalid syntax (/opt/ml/model/inference.py, line 1)."
    said = ending(CHAINED.split("\n"), 1)
    assert said == "RuntimeError: no model\nCheck the archive. (/opt/ml/model/inference.py, line 5)."


def test_without_an_exception_how_its_process_ended():
    assert ending([], 7) == "Its process ended with status 7."
    assert ending([], 139) == "Its process was ended by signal SIGSEGV."
    said = ending(["loading", "giving up", ""], 3)
    assert said == "Its process ended with status 3; the last line of its log is: giving up."
    assert ending([], None) == "Its process ended."
