"""The `scheduler` service (EventBridge Scheduler): pipelines and functions started at times."""
