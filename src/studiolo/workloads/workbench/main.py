"""What a space's app begins with: its lifecycle script, then JupyterLab or the Code Editor on a Unix socket.

Run by the runner as `python main.py <type> <base url>`, forked off a warm interpreter where there is one. The socket is the
door: only the studio's proxy reaches it, and it says in a header who comes (see people.py).
"""

import json
import os
import subprocess
import sys

SCRIPT_SECONDS = 300
"""As on AWS."""
ML = os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml")
HOME = "/home/sagemaker-user"
SCHEDULING = "studiolo.workloads.workbench.scheduling"
OWN = "/tmp/.studiolo"
"""Jupyter's settings and connection files of this life of the app; what a person sets lies in the home."""


def give_up(reason: str) -> None:
    with open(f"{ML}/run/failure", "w") as file:
        file.write(reason)
    print(reason, flush=True)
    sys.exit(1)


def run_script() -> None:
    path = f"{ML}/metadata/on-start"
    if not os.path.exists(path):
        return
    print("Running the lifecycle configuration's script", flush=True)
    try:
        code = subprocess.run(["bash", path], check=False, timeout=SCRIPT_SECONDS, stdin=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        give_up(f"The lifecycle configuration's script did not end within {SCRIPT_SECONDS // 60} minutes.")
        return
    if code != 0:
        give_up(
            f"The lifecycle configuration's script failed with exit code {code}; the app's log shows what it printed."
        )
    print("The script has ended", flush=True)


def quieten() -> None:
    """JupyterLab asks nobody whether it may fetch news from elsewhere."""
    os.makedirs(f"{OWN}/config/labconfig", exist_ok=True)
    with open(f"{OWN}/config/labconfig/page_config.json", "w") as file:
        json.dump({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}, file)
    os.environ["JUPYTER_CONFIG_PATH"] = f"{OWN}/config"


def options(base: str, home: str) -> list[str]:
    return [
        f"--ServerApp.sock={ML}/run/app.sock",
        f"--ServerApp.base_url={base}",
        f"--ServerApp.root_dir={home}",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--ServerApp.allow_remote_access=True",
        "--ServerApp.allow_origin=*",
        "--ServerApp.identity_provider_class=studiolo.workloads.workbench.people.People",
        "--ServerApp.quit_button=False",
        # No login shell: /etc/profile would take the environment off the PATH.
        "--ServerApp.terminado_settings={'shell_command': ['/bin/bash']}",
        "--ServerApp.log_level=WARN",
        # Kernels of all spaces would meet on the machine's loopback.
        "--KernelManager.transport=ipc",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--FileContentsManager.delete_to_trash=False",
        # A warm interpreter has worked these out before this home was there.
        f"--LabApp.user_settings_dir={home}/.jupyter/lab/user-settings",
        f"--LabApp.workspaces_dir={home}/.jupyter/lab/workspaces",
        f"--BaseFileIdManager.db_path={OWN}/file-ids.db",
        f"--SQLiteYStore.db_path={OWN}/edits.db",
        # Notebook jobs are the studio's: jupyter-scheduler has neither a database nor a runner of its own here.
        f"--SchedulerApp.scheduler_class={SCHEDULING}.scheduler.StudioScheduler",
        f"--SchedulerApp.environment_manager_class={SCHEDULING}.environments.Environments",
        f"--SchedulerApp.job_files_manager_class={SCHEDULING}.downloads.Downloads",
        "--SchedulerApp.db_url=sqlite://",
    ]


def main() -> None:
    _, type, base = sys.argv
    home = HOME if os.path.isdir(HOME) else os.environ["STUDIOLO_SPACE_HOME"]
    os.environ["HOME"] = home
    # The project's own environments, as kernels.
    os.environ["JUPYTER_PATH"] = f"{ML}/jupyter"
    os.environ["JUPYTER_RUNTIME_DIR"] = f"{OWN}/run"
    os.makedirs(f"{OWN}/run", mode=0o700, exist_ok=True)
    os.chdir(home)
    if type not in ("JupyterLab", "CodeEditor"):
        give_up(f"There is no app of type {type}.")
    run_script()
    if type == "CodeEditor":
        from studiolo.workloads.workbench import editor

        sys.exit(editor.run(ML, base, home))
    quieten()
    from jupyterlab.labapp import LabApp

    from studiolo.workloads.workbench import used

    used.notice()
    LabApp.launch_instance(argv=options(base, home))


if __name__ == "__main__":
    main()
