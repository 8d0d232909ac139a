"""Parts in whatever order they come in make one file, in the order of the parts."""

import random

from studiolo.workloads.transform.assemble import Assembly


def test_parts_in_any_order_make_the_file(tmp_path):
    parts, output = tmp_path / "parts", tmp_path / "output"
    parts.mkdir()
    output.mkdir()
    chance = random.Random(4)
    for file in range(30):
        assembly, count = Assembly(parts, output), chance.randint(1, 9)
        assembly.expect(file, count)
        bodies = [b"%d;" % index * chance.randint(0, 9000) for index in range(count)]
        order = chance.sample(range(count), count)
        for index in order:
            assembly.part(file, index).write_bytes(bodies[index])
            assert assembly.done(file, index) == (index == order[-1])
            assert (output / str(file)).exists() == (index == order[-1])
        assert (output / str(file)).read_bytes() == b"".join(bodies)
        assert list(parts.iterdir()) == []


def test_of_a_file_that_failed_nothing_is_left(tmp_path):
    assembly = Assembly(tmp_path, tmp_path)
    assembly.expect(1, 2)
    assembly.part(1, 0).write_bytes(b"x")
    assert not assembly.done(1, 0)
    assembly.drop(1)
    assert list(tmp_path.iterdir()) == []
    assert not assembly.done(1, 1)
