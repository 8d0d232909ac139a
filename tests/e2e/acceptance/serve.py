"""What an endpoint runs: rows of CSV in words and numbers as they stand in the table, prices back."""

import io
from pathlib import Path

import joblib
import pandas as pd

COLUMNS = ["carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z"]


def model_fn(folder):
    return joblib.load(Path(folder, "model.joblib"))


def input_fn(body, content_type):
    if content_type != "text/csv":
        raise ValueError(f"rows come as text/csv, not {content_type}")
    text = body.decode() if isinstance(body, bytes) else body
    return pd.read_csv(io.StringIO(text), header=None, names=COLUMNS)


def predict_fn(table, model):
    return model.predict(table)
