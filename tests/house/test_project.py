"""What the project says of itself: one version, a lock that is whole, files that parse, links that
lead somewhere."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import helpers

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())


# ---- the version


def test_the_version_is_said_everywhere_as_in_pyproject() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## (\S+) \((\d{4}-\d{2}-\d{2})\)$", changes, re.M)
    assert newest is not None
    assert newest.groups() == (VERSION, CITATION["date-released"])
    assert CITATION["version"] == helpers.__version__ == VERSION
    assert str(Version(VERSION)) == VERSION


def test_the_version_stands_in_no_other_file() -> None:
    """A lock, a form or an image that named it would be forgotten."""
    alone = rf"(^|[^0-9.]){re.escape(VERSION)}"  # and not as the end of an address
    named = subprocess.run(
        ["git", "grep", "-lE", alone, "--", "helpers", "notebooks/teaching", "*.md", "*.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if named.returncode > 1:
        pytest.skip("this is no clone, so which files are the project's is not known")
    assert set(named.stdout.split()) == {"pyproject.toml", "CHANGELOG.md"}


def test_citation_names_the_authors_of_pyproject() -> None:
    assert [each["name"] for each in CITATION["authors"]] == [
        each["name"] for each in PROJECT["authors"]
    ]
    assert CITATION["cff-version"] == "1.2.0" and CITATION["title"] and CITATION["message"]
    assert CITATION["license"] == PROJECT["license"]
    assert (ROOT / "README.md").read_text().startswith(f"# {CITATION['title']}\n")


def test_no_index_takes_it() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


# ---- the lock


def locked() -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Each package of the lock, once for each of its versions, with the hashes of its files."""
    text = (ROOT / "requirements.lock").read_text()
    entries = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", " ").splitlines()
    found: dict[str, list[tuple[Requirement, list[str]]]] = {}
    for entry in entries:
        line, *hashes = re.split(r"\s+--hash=", entry.strip())
        wanted = Requirement(line)
        found.setdefault(wanted.name.lower(), []).append((wanted, hashes))
    return found


LOCKED = locked()


@pytest.mark.parametrize("wanted", [Requirement(each) for each in PROJECT["dependencies"]], ids=str)
def test_the_lock_has_what_the_list_asks_for(wanted: Requirement) -> None:
    pins = [each for each, _ in LOCKED[wanted.name.lower()]]
    assert pins
    for pin in pins:
        (only,) = pin.specifier
        assert only.operator == "=="
        assert wanted.specifier.contains(only.version)


def test_each_package_of_the_lock_has_its_hashes() -> None:
    assert len(LOCKED) > 80
    for pins in LOCKED.values():
        for wanted, hashes in pins:
            assert hashes, wanted
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), wanted
            assert [each.operator for each in wanted.specifier] == ["=="], wanted


@pytest.mark.parametrize("python", ["3.11.0", "3.12.0", "3.13.0"])
def test_the_lock_has_one_version_for_each_python(python: str) -> None:
    here = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    linux = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
    for name, pins in LOCKED.items():
        chosen = [each for each, _ in pins if not each.marker or each.marker.evaluate(here | linux)]
        assert len(chosen) <= 1, name
        if any(Requirement(each).name.lower() == name for each in PROJECT["dependencies"]):
            assert chosen, name


def test_the_lock_has_what_builds_the_project() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    for wanted in map(Requirement, build["requires"]):
        for pin, _ in LOCKED[wanted.name]:
            assert wanted.specifier.contains(next(iter(pin.specifier)).version)


# ---- files that parse


def files(*patterns: str) -> list[Path]:
    """The project's own; hidden folders too."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    assert found, patterns
    return sorted(found)


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    "path",
    files("CITATION.cff", ".github/**/*.yml", "notebooks/teaching/**/*.yaml"),
    ids=names,
)
def test_yaml_parses(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text()), dict)


@pytest.mark.parametrize("path", files(".devcontainer/*.json"), ids=names)
def test_json_parses(path: Path) -> None:
    assert isinstance(json.loads(path.read_text()), dict)


@pytest.mark.parametrize("path", files("*.toml", "helpers/**/*.toml"), ids=names)
def test_toml_parses(path: Path) -> None:
    assert tomllib.loads(path.read_text())


@pytest.mark.parametrize("path", files("notebooks/teaching/hub/*.py"), ids=names)
def test_the_hubs_configuration_compiles(path: Path) -> None:
    compile(path.read_text(), path.name, "exec")


@pytest.mark.parametrize(
    "path", files("notebooks/teaching/hub/start", ".binder/postBuild"), ids=names
)
def test_what_a_place_starts_is_a_program(path: Path) -> None:
    assert path.stat().st_mode & 0o111 == 0o111
    subprocess.run(["sh", "-n", path], check=True)


def test_a_pod_gets_what_a_lab_needs() -> None:
    """The three that notebooks/teaching/places.md explains."""
    values = yaml.safe_load((ROOT / "notebooks/teaching/hub/values.yaml").read_text())
    spawner = values["hub"]["config"]["KubeSpawner"]
    assert spawner["extra_pod_config"] == {"hostUsers": False}
    assert spawner["container_security_context"] == {
        "procMount": "Unmasked",
        "seccompProfile": {"type": "Localhost", "localhostProfile": "tcp-lab.json"},
    }
    page = (ROOT / "notebooks/teaching/places.md").read_text()
    assert "/var/lib/kubelet/seccomp/tcp-lab.json" in page


@pytest.mark.parametrize("path", files(".github/ISSUE_TEMPLATE/*.yml"), ids=names)
def test_every_form_asks_for_the_doctor(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    asked = {part["id"]: part for part in form["body"]}
    assert "python3 -m helpers.doctor" in asked["doctor"]["attributes"]["description"]


# ---- links


PAGES = files("*.md", ".github/*.md", "notebooks/*.md", "notebooks/teaching/*.md")


def links(path: Path) -> Iterator[str]:
    """Those of a page that lead to a file of the project, or into one."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            yield unquote(target)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    spoken = (re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings)
    return set(spoken) | set(re.findall(r'<a (?:id|name)="([^"]+)"', page.read_text()))


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_links_lead_somewhere(path: Path) -> None:
    for target in links(path):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), target


def test_the_readme_has_a_row_for_each_notebook() -> None:
    table = (ROOT / "README.md").read_text().partition("## The notebooks")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d\d) \| \[(\w+)\]\((notebooks/\S+)\)", table, re.M)
    notebooks = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    assert rows == [(n.stem[:2], n.stem[3:], f"notebooks/{n.name}") for n in notebooks]


def test_the_readme_is_short_and_says_first_what_to_type() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.encode()) < 16_000
    first = readme.partition("\n## ")[0]
    assert "make lab" in first and "make test" in first and "ladder.png" in first
    assert len(first.splitlines()) <= 24, "more than a screen"
