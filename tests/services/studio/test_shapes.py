import asyncio
from typing import Any

import pytest

from studiolo.base.errors import NotFound
from studiolo.services.studio import shapes


class Asked:
    def __init__(self, **params: Any) -> None:
        self.params = params


def describe(**params: Any) -> Any:
    return asyncio.run(shapes.describe(Asked(**params)))  # type: ignore[arg-type]


def test_the_input_of_an_operation_with_what_it_holds():
    found = describe(Operation="CreateTrainingJob")
    members = {one["Name"]: one for one in found["Shapes"][found["Input"]]["Members"]}
    assert members["TrainingJobName"]["Required"] and not members["HyperParameters"]["Required"]
    assert found["Shapes"][members["TrainingJobName"]["Shape"]]["Max"] == 63
    assert "ml.m5.large" in found["Shapes"]["TrainingInstanceType"]["Enum"]
    for one in found["Shapes"].values():
        held = [one.get(word) for word in ("Element", "Key", "Value")] + [
            each["Shape"] for each in one.get("Members", [])
        ]
        assert all(name in found["Shapes"] for name in held if name)


def test_what_is_not_there_is_said():
    with pytest.raises(NotFound):
        describe(Operation="CreateNothing")
