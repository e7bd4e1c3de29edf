"""Stands in, in a notebook without a wire, for the cells that need one.

Such a cell is not run: one line says so, and under it stands what the notebook's file has
stored for it. A cell that fails because of one that was not run says the same. IPython's own
hooks do it: an AST transformer sees each cell before it runs, and ``set_custom_exc`` what it
raises. Outside IPython nothing happens but the announcement.

Source: IPython's documentation, "Custom input transformation" and ``set_custom_exc``.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from helpers.errors import LabError, NotPermitted
from helpers.lab import reader, stored

if TYPE_CHECKING:
    from helpers.lab.stored import Cell

# What a cell may raise that needs what a cell before it would have made.
FAULTS: tuple[type[Exception], ...] = (LabError, OSError, NameError, AttributeError, AssertionError)
FAULTS += (LookupError, TypeError, ValueError)
WHERE = 'see "Does it work on my machine?" in the README'
_active: StandIn | None = None
_told = False


def bench(why: str, quiet: bool) -> None:
    """A lab without a wire begins. With ``why``, no lab of this process can have one: announce
    it, once, and let no cell run that needs the wire."""
    global _told
    stand_in = _attach()
    if stand_in and why:
        stand_in.whole = True
        stand_in.look_up()
    if why and not quiet and not _told:
        _told = True
        print(f"bench mode, so no wire: {why}{stand_in.share() if stand_in else ''}")


def wire(notes: tuple[str, ...]) -> None:
    """A lab with a wire begins: every cell runs. What its ``notes`` forbid may still fail."""
    if _active or notes:
        if stand_in := _attach():
            stand_in.whole = False
            stand_in.look_up()


def _attach() -> StandIn | None:
    global _active
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return None
    if _active is None or _active.shell is not shell:
        _active = StandIn(shell)
    return _active


class StandIn:
    """What one IPython shell does with cells that lack the wire."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.whole = False
        self._notebook: stored.Notebook | None = None
        self._missing: set[str] = set()  # names that a cell would have made, had it run
        self._lacking = False  # whether any cell has failed for want of a permission
        self._tree: ast.AST = ast.Module([], [])
        self._place = -1
        shell.ast_transformers.append(self)
        if shell.custom_exceptions in ((), reader.FAULTS):
            shell.set_custom_exc(FAULTS, self._failed)

    def look_up(self) -> None:
        """Find the notebook's file by the cells that have been run, this one included."""
        run = [str(text) for text in self.shell.history_manager.input_hist_raw[1:]]
        self._notebook = stored.locate(run)
        if self._notebook and run:
            self._tree = ast.parse(run[-1]) if stored.code_of(run[-1]) else self._tree
            self._stored_cell()

    def share(self) -> str:
        """How much of the notebook can be run here, or "" if its file was not found."""
        cells = self._notebook.cells if self._notebook else ()
        if not cells:
            return ""
        lacking = sum(cell.wire for cell in cells)
        return (
            f"; of this notebook's {len(cells)} code cells {len(cells) - lacking} run here, and "
            f"{lacking} show what was recorded with a wire"
        )

    # ---- IPython's hooks --------------------------------------------------------

    def visit(self, tree: ast.AST) -> ast.AST:
        """A cell is about to be run; one that needs the wire is replaced by nothing."""
        self._tree = tree
        cell = self._stored_cell()
        if not self.whole or cell is None or not cell.wire:
            return tree
        self._show("not run: this cell needs the wire", cell)
        return ast.Module(body=[], type_ignores=[])

    def _failed(self, shell: Any, kind: Any, error: Any, tb: Any, tb_offset: Any = None) -> None:
        """A cell has raised: for want of a permission, its own or that of one before it, or not."""
        cell = self._notebook and self._notebook.find(ast.dump(self._tree), self._place - 1)
        needy = self._lacking and cell and cell.wire and "shows-error" not in cell.tags
        if isinstance(error, NotPermitted):
            words, self._lacking = str(error).partition(". ")[0], True
        elif isinstance(error, NameError) and error.name in self._missing:
            words = f"not run: {error.name!r} would come from a cell that could not run here"
        elif needy:
            words = f"not run to its end ({kind.__name__}): a cell before it could not run here"
        else:
            reader.show(shell, kind, error, tb)
            return
        self._show(words, cell if cell and cell.wire else None)

    def _stored_cell(self) -> Cell | None:
        if self._notebook is None:
            return None
        cell = self._notebook.find(ast.dump(self._tree), self._place)
        self._place = cell.place if cell else self._place
        return cell

    # ---- what is shown ------------------------------------------------------------

    def _show(self, words: str, cell: Cell | None) -> None:
        self._missing |= _names(self._tree) - set(self.shell.user_ns)
        _publish({"text/plain": f"{words}; {WHERE}"}, "words")
        if cell is None or not cell.outputs:
            return
        where = self._notebook.recorded_on if self._notebook else ""
        _publish({"text/plain": f"recorded {f'on {where}, ' * bool(where)}with a wire:"}, "words")
        for output in cell.outputs:
            _publish(_data(output), "recorded", output.get("metadata", {}))


def _publish(data: dict[str, Any], mark: str, metadata: dict[str, Any] | None = None) -> None:
    from IPython.display import publish_display_data

    shown = {**(metadata or {}), stored.MARK: mark}
    publish_display_data(data, shown)  # type: ignore[no-untyped-call]


def _data(output: dict[str, Any]) -> dict[str, Any]:
    """A stored output as data that can be shown; nbformat keeps text as lists of lines."""
    kind = output["output_type"]
    if kind == "stream":
        return {"text/plain": "".join(output["text"]).rstrip("\n")}
    if kind == "error":
        return {"text/plain": f"{output['ename']}: {output['evalue']}"}
    return {k: "".join(v) if isinstance(v, list) else v for k, v in output["data"].items()}


def _names(tree: ast.AST) -> set[str]:
    """The names that a cell binds: by assignment, by import, by def or class."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found
