"""JupyterLab's own menus for notebook jobs: classes that jupyter-scheduler is told to use in the place of its own, so that what
it shows and makes are the studio's notebook jobs and schedules. Nothing is run or kept in the space itself."""
