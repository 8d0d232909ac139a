"""Writes a Metaflow flow of so many no-op steps in a chain, each a process of its own, as its local runtime does it:
`python chain_metaflow.py <steps> <file of times> <flow to write>`. The graph is read off the source, so it is written out."""

import itertools
import sys
from pathlib import Path

STEP = """
    @step
    def {name}(self):
        with open({times!r}, "a") as file:
            print(time.time(), file=file)
        self.next(self.{after})
"""
HEAD = """import time
from metaflow import FlowSpec, step


class Chain(FlowSpec):"""
END = """
    @step
    def end(self):
        pass


if __name__ == "__main__":
    Chain()
"""


def main() -> None:
    steps, times, flow = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    names = ["start", *(f"s{number}" for number in range(1, steps)), "end"]
    body = "".join(STEP.format(name=one, after=after, times=times) for one, after in itertools.pairwise(names))
    Path(flow).write_text(HEAD + body + END)


main()
