"""Lays out the reader's own copies of the notebooks: without outputs, and never over his work.

    python -m helpers.learning.desk [FOLDER] [--lessons FOLDER]

=========================== ============================================================
what is in the folder       what is done
=========================== ============================================================
no such file                it is made; so to delete or rename a copy is to begin again
a copy that was not touched it is replaced when the lesson has a new version
a copy that was changed     it stays; a new version is put beside it as ``05_… (new).ipynb``,
                            once for each version
what cannot be read         it stays, and is named
=========================== ============================================================

A copy was changed if its cells have another text or tags, or outputs. What was put where is
remembered in ``.made.json``; where that is lost, a copy that differs from the lesson counts as
changed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import itertools
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from helpers.errors import LabError
from helpers.learning.lesson import Seen, seen_in, without_outputs
from helpers.learning.progress import VARIABLE
from helpers.waiting import wait_until

LESSONS = Path(__file__).parents[2] / "notebooks"
MADE = ".made.json"
# What a lesson's page links to is brought along, or the links would lead nowhere.
BROUGHT = (".ipynb", ".md", ".png", ".svg")


HELP = f"""\
Run it again whenever you like. What you have changed or run stays. A copy that you did not touch
is replaced when the set has a new version of it; beside one that you did touch the new version is
put under another name. Delete or rename a copy to begin it again.

Open the folder with "jupyter lab". To keep what you predict and solve, in a file of your own,
start it with {VARIABLE}=$PWD/work/progress.jsonl in its environment.
"""


@dataclass
class Laid:
    """What was done, by the names of files; ``lines`` are for the reader."""

    folder: Path
    made: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = [
            f"{len(self.made)} made, without outputs" if self.made else "",
            f"{len(self.renewed)} brought up to date" if self.renewed else "",
            f"{len(self.kept)} as you left them" if self.kept else "",
        ]
        return "\n".join([f"{self.folder}: {', '.join(filter(None, told))}", *self.lines])


def lay_out(folder: Path, lessons: Path = LESSONS, seconds: float = 10.0) -> Laid:
    """Make or renew the copies of ``lessons`` in ``folder``; says what was made and what kept.

    Waits at most ``seconds`` for another process that does the same. Nothing is written where
    nothing is new, so a folder that cannot be written serves as long as it is complete. Raises
    ``LabError`` if there are no lessons, or if a file cannot be written; those before it are
    whole then, and the next start goes on there.
    """
    contents = {path.name: without_outputs(path) for path in sorted(_brought(lessons))}
    if not any(name.endswith(".ipynb") for name in contents):
        raise LabError(f"there are no notebooks in {lessons}; name their folder with --lessons")
    if folder.exists() and not folder.is_dir():
        raise LabError(f"{folder} is a file and no folder; rename it, or name another folder")
    if folder.exists() and folder.samefile(lessons):
        raise LabError(f"{folder} has the lessons themselves; choose another folder for copies")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, seconds):
            return _Desk(folder).lay(contents)
    except OSError as error:
        raise LabError(
            f"{error.filename or folder} cannot be written: {error.strerror or error}. Your copies "
            f"are as they were; make room there, or name another folder"
        ) from error


class _Desk:
    """One folder, while nobody else changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.laid = Laid(folder)
        self.made = _remembered(folder / MADE)

    def lay(self, contents: dict[str, bytes]) -> Laid:
        for name in (*contents, *self.made, MADE):
            with contextlib.suppress(OSError):
                _unfinished(self.folder / name).unlink()  # from a start that was cut short
        before = dict(self.made)
        try:
            for name, content in contents.items():
                self._lay(name, content)
            self._name_what_is_gone(contents)
        finally:
            if self.made != before:
                self._write(MADE, json.dumps(self.made, indent=1).encode() + b"\n")
        return self.laid

    def _lay(self, name: str, content: bytes) -> None:
        fresh, seen = seen_in(name, content).digest, self._look(name)
        if seen is None:
            self._write(name, content)
            self.laid.made.append(name)
            if name in self.made:
                self._say(f"{name}: it was not there any more, so this is a fresh one")
        elif seen.digest == fresh:
            self.laid.kept.append(name)
        elif self._untouched(name):
            self._write(name, content)
            self.laid.renewed.append(name)
        else:
            self.laid.kept.append(name)
            if seen.fault:
                self._say(
                    f"{name} {seen.fault}. It stays; rename or delete it, and the next start "
                    f"makes a fresh one"
                )
            elif self.made.get(name) != fresh:
                self._put_beside(name, content, fresh)
        self.made[name] = fresh

    def _put_beside(self, name: str, content: bytes, fresh: str) -> None:
        for beside in _names_beside(name):
            seen = self._look(beside)
            if seen is None or seen.digest == fresh or self._untouched(beside):
                break
        if seen is None or seen.digest != fresh:
            self._write(beside, content)
        self.made[beside] = fresh
        self._say(
            f"{name}: there is a new version, and in yours you have changed or run something. "
            f"Yours stays; the new one is {beside}"
        )

    def _name_what_is_gone(self, contents: dict[str, bytes]) -> None:
        for name in [name for name in self.made if _lesson_of(name) not in contents]:
            del self.made[name]
            if self._look(name):
                self._say(f"{name}: the lessons have no such file any more; your copy stays")

    def _untouched(self, name: str) -> bool:
        seen = self._look(name)
        return bool(seen and seen.digest == self.made.get(name) and not seen.outputs)

    def _look(self, name: str) -> Seen | None:
        """What stands under this name; None for nothing, and for an empty file."""
        path = self.folder / name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            return Seen("", fault=f"cannot be read ({error.strerror})")
        return seen_in(name, content) if content else None

    def _say(self, line: str) -> None:
        self.laid.lines.append(line)

    def _write(self, name: str, content: bytes) -> None:
        """Under another name first: who loses power meanwhile has the old file, and it whole."""
        path = self.folder / name
        fresh = _unfinished(path)
        try:
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)
        except OSError as error:
            error.filename = str(path)
            raise
        finally:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)


def _remembered(path: Path) -> dict[str, str]:
    """The digest of what was put under each name; of a lesson, of the newest that was offered."""
    try:
        made = json.loads(path.read_bytes())
        return {str(name): str(digest) for name, digest in made.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _names_beside(name: str) -> Iterator[str]:
    """``05_… (new).ipynb``, ``05_… (new 2).ipynb`` and so on."""
    stem, suffix = os.path.splitext(name)
    return (f"{stem} (new{f' {n}' * (n > 1)}){suffix}" for n in itertools.count(1))


def _lesson_of(name: str) -> str:
    return re.sub(r" \(new( \d+)?\)(?=\.\w+$)", "", name)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


@contextlib.contextmanager
def _alone(folder: Path, seconds: float) -> Iterator[None]:
    """Hold the folder's own lock, which goes with this process however it ends."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def taken() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a network's file system may have no locks for folders
        return True

    try:
        wait_until(f"the end of another start in {folder}", taken, seconds)
        yield
    finally:
        os.close(handle)


def _brought(lessons: Path) -> Iterator[Path]:
    if lessons.is_dir():
        for path in lessons.iterdir():
            if path.is_file() and path.suffix in BROUGHT and not path.name.startswith("."):
                yield path


def main(arguments: list[str]) -> int:
    """Lay the copies out, and say what was done; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.learning.desk",
        description="Lays out your own copies of the notebooks, without outputs.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder", nargs="?", default="work", type=Path, help="where they go; by default work"
    )
    parser.add_argument(
        "--lessons", default=LESSONS, type=Path, help="where the notebooks are, if not in the set"
    )
    chosen = parser.parse_args(arguments)
    try:
        print(lay_out(chosen.folder, chosen.lessons))
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
