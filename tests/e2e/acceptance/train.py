"""A training job's script: one of three kinds of models of the price, scored on the validation channel."""

import argparse
import os
import shutil
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

given = argparse.ArgumentParser()
given.add_argument("--kind", choices=["linear", "forest", "boosting"])
given.add_argument("--depth", type=int, default=4)
given.add_argument("--rate", type=float, default=0.1)
given = given.parse_args()
GRADES = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": list("JIHGFED"),
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}
MODELS = {
    "linear": lambda: make_pipeline(StandardScaler(), Ridge()),
    "forest": lambda: RandomForestRegressor(20, max_depth=given.depth, random_state=0),
    "boosting": lambda: HistGradientBoostingRegressor(max_depth=given.depth, learning_rate=given.rate, random_state=0),
}
parts = {
    name: pd.read_csv(f"{os.environ[f'SM_CHANNEL_{name.upper()}']}/{name}.csv") for name in ("train", "validation")
}
grades = ColumnTransformer(
    [("grades", OrdinalEncoder(categories=list(GRADES.values())), list(GRADES))], remainder="passthrough"
)
model = TransformedTargetRegressor(make_pipeline(grades, MODELS[given.kind]()), func=np.log, inverse_func=np.exp)
columns = [name for name in parts["train"] if name != "price"]
model.fit(parts["train"][columns], parts["train"]["price"])
score = model.score(parts["validation"][columns], parts["validation"]["price"])
print(f"validation:r2={score:.5f};", flush=True)
folder = Path(os.environ["SM_MODEL_DIR"])
joblib.dump(model, folder / "model.joblib")
(folder / "code").mkdir(exist_ok=True)
shutil.copy(Path(__file__).resolve().with_name("serve.py"), folder / "code/inference.py")
