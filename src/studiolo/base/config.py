"""Where things are on this machine and how the studio was started. Read once by the CLI, handed down as a value."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8787


@dataclass(frozen=True, slots=True)
class Config:
    home: Path
    """Everything the studio stores lies below this folder (mode 0700); removing it removes the studio."""
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    public: str | None = None
    """The address people reach it at, where a proxy before it has another one; without a slash at the end."""

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def address(self) -> str:
        """What links for people and redirects begin with."""
        return self.public or self.url

    @property
    def records(self) -> Path:
        return self.home / "records.db"

    @property
    def series(self) -> Path:
        return self.home / "series.db"

    @property
    def meter(self) -> Path:
        return self.home / "meter.db"

    @property
    def blobs(self) -> Path:
        return self.home / "blobs"

    @property
    def runs(self) -> Path:
        """One folder a process group: its private /opt/ml, its logs, its exit status."""
        return self.home / "runs"

    @property
    def logs(self) -> Path:
        """The logs of what has ended, one folder a handle."""
        return self.home / "logs"

    @property
    def events(self) -> Path:
        """The log groups that users write themselves."""
        return self.home / "log-events.db"

    @property
    def models(self) -> Path:
        """Unpacked models, one folder an artifact, shared read-only by the instances that serve it."""
        return self.home / "models"

    @property
    def functions(self) -> Path:
        """The code of functions, one folder an archive, shared read-only by their invocations."""
        return self.home / "functions"

    @property
    def environments(self) -> Path:
        return self.home / "environments"

    @property
    def run_state(self) -> Path:
        """Sockets and pid files; short, since a Unix socket's path holds at most 107 bytes."""
        return self.home / "var"
