"""The sysctls of one host, as a mapping from names to text."""

from __future__ import annotations

from collections.abc import Iterator

from helpers.errors import LabError
from helpers.lab.belonging import OfLab
from helpers.lab.engine import Engine


class Sysctls:
    """The sysctls of one host: ``host.sysctl["net.ipv4.tcp_syncookies"] = 0``.

    ``net.`` may be left out. Values read as text. Writing raises the kernel's OSError for an
    unknown name or a refused value, and ``NotPermitted`` in bench mode.
    """

    _engine = OfLab[Engine]()

    def __init__(self, engine: Engine, host: str) -> None:
        self._engine, self._host = engine, host

    def __getitem__(self, name: str) -> str:
        return self._engine.sysctl(self._host, self._path(name), None)

    def __setitem__(self, name: str, value: int | str) -> None:
        self._engine.need("a sysctl of its own", self._engine.bench)
        self._engine.sysctl(self._host, self._path(name), str(value))

    def __iter__(self) -> Iterator[str]:
        raise LabError("name the sysctl you want: host.sysctl['ipv4.tcp_syncookies']")

    @staticmethod
    def _path(name: str) -> str:
        text = name if isinstance(name, str) and name.isascii() else ""
        parts = text.replace("/", ".").removeprefix("net.").split(".")
        if not all(p.replace("_", "").replace("-", "").isalnum() for p in parts):
            raise LabError(f"{name!r} is not a sysctl; write it like 'net.ipv4.tcp_syncookies'")
        return ".".join(["net", *parts])
