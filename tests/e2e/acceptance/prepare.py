"""A processing job: the table of diamonds, cleaned and split in three."""

import sys

import pandas as pd

BASE = "/opt/ml/processing"
table = pd.read_csv(f"{BASE}/input/data/diamonds.csv")
clean = table[(table[["x", "y", "z"]] > 0).all(axis=1)].drop_duplicates()
print(f"{len(table)} rows, {len(table) - len(clean)} of them without a size or twice", file=sys.stderr)
order = clean.sample(frac=1, random_state=7)
cuts = [int(len(order) * part) for part in (0.6, 0.8)]
for name, part in zip(
    ("train", "validation", "test"), (order[: cuts[0]], order[cuts[0] : cuts[1]], order[cuts[1] :]), strict=True
):
    part.to_csv(f"{BASE}/{name}/{name}.csv", index=False)
