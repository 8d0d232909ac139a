"""The `studiolo` command. Wiring only: each command opens a home and calls what does the work."""

import logging
import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studiolo import __version__

if TYPE_CHECKING:
    from studiolo.cli.home import Directory

HOME = click.option(
    "--home", envvar="STUDIOLO_HOME", metavar="DIR", help="Where the studio keeps everything.  [default: ~/.studiolo]"
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """An open, self-hosted ML studio that speaks the SageMaker API.

    \b
      studiolo up                   start the studio; prints a link to sign in
      eval "$(studiolo env)"        this shell's boto3, AWS CLI and sagemaker SDKs now use it
      studiolo quickstart           train and deploy a model on real data, step by step

    Everything it stores lies in one folder, the home; removing the folder removes the studio.
    """


@main.command()
@HOME
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: 8787]")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def up(home: str | None, host: str | None, port: int | None, no_browser: bool) -> None:
    """Start the studio, and stop it with Ctrl-C. Jobs that run go on while it is stopped."""
    from studiolo.cli.home import ADMIN, Directory, open_home, remember_address
    from studiolo.control.lease import Held, Lease
    from studiolo.server.run import CannotListen, bind

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    config = open_home(home, host, port)
    try:
        lease = Lease(config.home / "lock")
        listening = bind(config)
    except (Held, CannotListen) as error:
        raise click.ClickException(str(error)) from None
    remember_address(config)
    directory = Directory(config)
    account = directory.first_start()
    directory.key(account)
    directory.close()

    from studiolo.cli import wiring
    from studiolo.services.platform import Platform
    from studiolo.services.studio.identity import Accounts
    from studiolo.services.studio.oidc.settings import BadSettings

    async def announce(platform: Platform) -> None:
        assert isinstance(platform.identity, Accounts)
        link = f"{config.address}/signin?token={platform.identity.make_link(ADMIN)}"
        home_option = f" --home {home}" if home else ""
        click.echo(f"\nThe studio is at {config.address}, its home is {config.home}")
        click.echo(f"Sign in with this link (good once, for an hour):\n\n    {link}\n")
        click.echo(f'In a shell:  eval "$(studiolo env{home_option})"\n')
        if not no_browser and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            webbrowser.open(link)

    try:
        wiring.run(config, listening, announce)
    except BadSettings as error:
        raise click.ClickException(str(error)) from None
    lease.release()


@main.command()
@HOME
def env(home: str | None) -> None:
    """Print export lines that connect a shell: eval "$(studiolo env)"."""
    from studiolo.cli.clients import exports, variables
    from studiolo.cli.home import Directory, open_home

    config = open_home(home)
    directory = Directory(config)
    account = directory.first_start()
    click.echo(exports(variables(config, account, directory.key(account))))
    directory.close()


@main.command()
@HOME
@click.option("--profile", default="studiolo", show_default=True, help="Name of the AWS profile to write.")
def configure(home: str | None, profile: str) -> None:
    """Write the same as an AWS profile, beside those in ~/.aws."""
    from studiolo.cli.clients import exports, variables, write_profile
    from studiolo.cli.home import Directory, open_home

    config = open_home(home)
    directory = Directory(config)
    account = directory.first_start()
    key = directory.key(account)
    for path in write_profile(config, account, key, profile):
        click.echo(f"Wrote the profile {profile} to {path}")
    wanted = ("SAGEMAKER_USER_CONFIG_OVERRIDE", "BOTOCORE_EXPERIMENTAL__PLUGINS", "PYTHONPATH", "AWS_ENDPOINT_URL")
    found = {name: value for name, value in variables(config, account, key).items() if name in wanted}
    click.echo(f"\nboto3 and the AWS CLI: export AWS_PROFILE={profile}\nThe sagemaker SDKs need these too:\n")
    click.echo("\n".join(exports(found).splitlines()[1:]))
    directory.close()


def _user(directory: "Directory", user: str) -> str:
    """As the user is spelled."""
    from studiolo.services.studio import names

    found = directory.accounts.find(names.user(user))
    if found is None:
        there = ", ".join(sorted(one.key.name for one in directory.accounts.all("User")))
        raise click.ClickException(f"There is no user {user} in the studio of {directory.home}; there is {there}.")
    return found.key.name


@main.command("sign-in")
@HOME
@click.option("--user", default="admin", show_default=True, help="Who signs in by it.")
def sign_in(home: str | None, user: str) -> None:
    """Print a new one-time sign-in link."""
    from studiolo.cli.home import Directory, open_home, runs

    config = open_home(home)
    directory = Directory(config)
    directory.first_start()
    known = _user(directory, user)
    click.echo(f"{config.address}/signin?token={directory.accounts.make_link(known)}")
    directory.close()
    if not runs(config):
        click.echo("The studio of this home does not run: start it with `studiolo up`, then open the link.", err=True)


@main.command()
@HOME
@click.option("--user", default="admin", show_default=True, help="Whose password.")
@click.password_option("--password", envvar="STUDIOLO_PASSWORD", help="Asked for if not given.")
def password(home: str | None, user: str, password: str) -> None:
    """Set a user's password; also a forgotten one. Sessions of a password that was known before end."""
    import asyncio

    from studiolo.cli.home import Directory, open_home

    if len(password) < 8:
        raise click.ClickException("Choose a password of at least 8 characters.")
    config = open_home(home)
    directory = Directory(config)
    directory.first_start()
    known = _user(directory, user)
    asyncio.run(directory.accounts.change_password(known, password))
    directory.close()
    click.echo(f"The password of {known} is set in the studio of {config.home}.")


@main.command()
@HOME
def doctor(home: str | None) -> None:
    """Say what this machine can do, and what is missing."""
    from studiolo.cli.home import open_home
    from studiolo.run.local.doctor import facts

    marks = {"ok": click.style("ok     ", fg="green"), "limited": click.style("limited", fg="yellow"),
             "missing": click.style("missing", fg="red")}  # fmt: skip
    found = facts(open_home(home).home)
    for fact in found:
        click.echo(f"{marks[fact.state]}  {fact.name:<18} {fact.detail}")
        if fact.remedy:
            click.echo(f"{'':29}{fact.remedy}")
    if any(fact.state == "missing" and fact.needed for fact in found):
        sys.exit(1)


@main.command()
@HOME
@click.option("--port", type=click.IntRange(1, 65535), help="Port for the studio, if it does not run yet.")
@click.option("--exit", "leave", is_flag=True, help="Stop the studio and leave once the model has answered.")
def quickstart(home: str | None, port: int | None, leave: bool) -> None:
    """Train a model on real data, deploy it, ask it: the main job from end to end."""
    from studiolo.cli.home import open_home
    from studiolo.cli.quickstart import run

    sys.exit(run(open_home(home, None, port), Path(sys.argv[0]), leave))


if __name__ == "__main__":
    main()
