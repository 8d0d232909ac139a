"""The home folder: made on first use, with an admin, a first project and a key for it."""

import json
import os
from pathlib import Path

from studiolo.base.clock import system_clock
from studiolo.base.config import DEFAULT_HOST, DEFAULT_PORT, Config

DEFAULT = Path("~/.studiolo")
ADMIN = "admin"


def open_home(home: str | None, host: str | None = None, port: int | None = None) -> Config:
    """The configuration of a home: what is not given is what it ran with last."""
    folder = Path(home).expanduser().absolute() if home else DEFAULT.expanduser()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = json.loads((folder / "address.json").read_text()) if (folder / "address.json").exists() else {}
    public = os.environ.get("STUDIOLO_PUBLIC_URL", known.get("public")) or None
    return Config(
        folder,
        host or known.get("host", DEFAULT_HOST),
        port or known.get("port", DEFAULT_PORT),
        public.rstrip("/") if public else None,
    )


def remember_address(config: Config) -> None:
    (config.home / "address.json").write_text(
        json.dumps({"host": config.host, "port": config.port, "public": config.public})
    )


def runs(config: Config) -> bool:
    """Whether a studio answers at the home's address."""
    import urllib.request

    try:
        with urllib.request.urlopen(f"{config.url}/healthz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


class Directory:
    """Users and keys of a home, opened for one command; works beside a running studio."""

    def __init__(self, config: Config) -> None:
        from studiolo.services.studio.identity import Accounts
        from studiolo.store.sqlite import SqliteStore

        self.store = SqliteStore(config.records)
        self.accounts = Accounts(self.store, system_clock)
        self._config = config
        self.home = config.home

    def first_start(self) -> str:
        """Makes what a new home lacks; the first project's account id."""
        from studiolo.blobs.disk import DiskBlobs
        from studiolo.blobs.protocol import BucketExists
        from studiolo.services.s3uri import default_bucket
        from studiolo.services.studio import names
        from studiolo.store.protocol import AlreadyExists

        try:
            self.store.create(names.user(ADMIN), {"Admin": True}, {}, now=system_clock())
        except AlreadyExists:
            pass
        projects = self.accounts.memberships(ADMIN)
        if projects:
            return projects[0].account
        import secrets

        account = str(secrets.randbelow(9 * 10**11) + 10**11)
        self.store.create(names.project(account), {"Name": "default", "Description": ""}, {}, now=system_clock())
        self.accounts.put_member(account, ADMIN, "admin")
        blobs = DiskBlobs(self._config.blobs)
        try:
            blobs.create_bucket(default_bucket(account), account, system_clock())
        except BucketExists:
            pass
        finally:
            blobs.close()
        return account

    def key(self, account: str, user: str = ADMIN) -> tuple[str, str]:
        """The key that `studiolo env` prints for a user and a project; made when there is none."""
        for one in self.accounts.all("AccessKey"):
            if (one.spec["Account"], one.spec["User"], one.spec.get("Description")) == (account, user, "studiolo env"):
                return one.key.name, one.spec["Secret"]
        return self.accounts.make_key(user, account, Description="studiolo env")

    def close(self) -> None:
        self.store.close()
