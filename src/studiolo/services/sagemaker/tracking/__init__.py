"""MLflow tracking servers: where the project's experiments lie. A project has one by itself; see names.OWN."""
