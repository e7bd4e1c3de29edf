"""Fetches reveal.js from npm, once: what shows a deck, with its licence and no other part of it."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from helpers.errors import LabError

NAME, VERSION = "reveal.js", "4.6.1"
# No theme of its own: the decks have one, in the colours and letters of the figures.
NEEDED = (
    *("LICENSE", "dist/reveal.css", "dist/reveal.js", "dist/reset.css"),
    *("plugin/notes/notes.js", "plugin/notes/speaker-view.html"),
)


def fetch(folder: Path) -> Path:
    """The folder with reveal.js in it, which is made if it is missing.

    Raises ``LabError``, in one sentence, where npm is missing or cannot get it.
    """
    target = folder / NAME
    if all((target / name).is_file() for name in NEEDED):
        return target
    if not (npm := shutil.which("npm")):
        raise LabError(
            f"a deck needs {NAME}, which comes with npm, and there is no npm on this machine:"
            f" install Node.js, or copy the folder {target} from where it was made"
        )
    with tempfile.TemporaryDirectory() as place:
        command = [npm, "pack", f"{NAME}@{VERSION}", "--silent"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        packed = next(Path(place).glob("*.tgz"), None)
        if done.returncode or not packed:
            said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise LabError(f"npm could not get {NAME} {VERSION}: {said}")
        with tarfile.open(packed) as archive:
            archive.extractall(place, filter="data")
        for name in NEEDED:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(place) / "package" / name, target / name)
    return target
