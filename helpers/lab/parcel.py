"""Takes a function out of the notebook, with what it uses, so that a host can make it again.

A host's process knows nothing of the notebook. So a function travels as text, and with it
modules and what was imported from them, other functions and classes of the notebook, and
copies of values: what the codec carries, and what pickle takes of the standard library's types
and of the notebook's own. Sockets, hosts and labs stay behind.
"""

from __future__ import annotations

import ast
import enum
import inspect
import io
import linecache
import pickle
import struct
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from helpers.inside.codec import stays

if TYPE_CHECKING:
    from helpers.inside.unpack import Parcel

# A cell's own file name, by which a class without methods is looked for.
_CELL = ("<ipython-input", "/ipykernel_")


class NoSource(Exception):
    """The text of something is not to be found; says of what."""


@dataclass
class Packed:
    """A function with what it uses. ``left`` are the names that stay here, and what they are."""

    name: str
    pieces: list[tuple[str, str, str]] = field(default_factory=list)  # alias, name, source
    given: list[tuple[str, str, str, Any]] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    def parcel(self) -> Parcel:
        """What a host needs; each piece is a file of its own in a traceback: ``<serve>``."""
        return self.name, [(a, f"<{n}>", 1, s) for a, n, s in self.pieces], self.given


def pack(function: Any) -> Packed:
    """The function, decorated or not, and what it uses of the module in which it was written.

    Raises ``NoSource`` if its own text is not to be found.
    """
    packed = Packed(function.__name__)
    _take(function, function.__name__, packed, {})
    return packed


def _take(thing: Any, alias: str, packed: Packed, seen: dict[str, Any]) -> None:
    """Put a function or a class into the parcel, behind what its definition may need."""
    source = source_of(thing, alias)
    seen[alias] = thing
    space = _space(thing)
    tree = ast.parse(source)
    for name in _names(tree):
        if name in space and name not in seen and space[name] is not thing:
            seen[name] = space[name]
            _give(name, space[name], packed, seen)
    packed.given += [("module", "", dotted, "") for dotted in _submodules(tree, space)]
    own = _defined(source)
    for name, value in vars(thing).items() if isinstance(thing, FunctionType) else ():
        if name != "__wrapped__" and not stays(value):
            packed.given.append(("attribute", own, name, value))
    packed.pieces.append(("" if alias == own else f"{alias}={own}", own, source))


def _give(name: str, value: Any, packed: Packed, seen: dict[str, Any]) -> None:
    if isinstance(value, ModuleType):
        packed.given.append(("module", name, value.__name__, ""))
    elif _written_here(value):
        try:
            _take(value, name, packed, seen)
        except NoSource:
            fields = getattr(value, "_fields", None)
            if fields is None:
                packed.left[name] = "its text is not to be found"
            else:  # a named tuple is made by a call, and has no text of its own
                recipe = "collections:namedtuple", (value.__name__, fields)
                packed.given.append(("made", name, *recipe))
    elif found := _imported(value):
        packed.given.append(("from", name, *found))
    elif made := _recipe(value, packed, seen):
        packed.given.append((made[0], name, *made[1:]))
    elif stays(value):
        packed.left[name] = f"it is the notebook's {type(value).__name__}"
    else:
        packed.given.append(("value", name, "", value))


def _imported(value: Any) -> tuple[str, str] | None:
    """The module and the name under which a function or class can be imported."""
    module, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(path, str) or module not in sys.modules:
        return None
    found: Any = sys.modules[module]
    for name in path.split("."):
        found = getattr(found, name, None)
    return (module, path) if found is value else None


def _written_here(value: Any) -> bool:
    """Whether it is a function or a class of the notebook, a decorated one included."""
    made = isinstance(value, (FunctionType, type)) or hasattr(value, "__wrapped__")
    return made and getattr(value, "__module__", None) == "__main__"


def _recipe(
    value: Any, packed: Packed, seen: dict[str, Any]
) -> tuple[str, str, tuple[Any, ...]] | None:
    """How to make again what the codec does not carry, or would turn into a plainer type; and
    whether that is to be made before the notebook's own classes, or later.
    """
    kind = type(value)
    if isinstance(value, struct.Struct):
        return "made", "struct:Struct", (value.format,)
    known = kind.__module__.partition(".")[0] in (*sys.stdlib_module_names, "__main__")
    if not known or kind.__module__ == "builtins" or isinstance(value, enum.Enum):
        return None
    try:
        data, classes = _pickled(value)
        for each in classes:
            if each.__name__ not in seen:
                _take(each, each.__name__, packed, seen)
    except Exception:  # a lock, a socket, what was defined inside a function: it stays
        return None
    return "later" if classes else "made", "pickle:loads", (data,)


def _pickled(value: Any) -> tuple[bytes, list[type]]:
    """The value as pickle writes it, and the classes of the notebook that it needs."""
    classes: list[type] = []

    class Pickler(pickle.Pickler):
        def reducer_override(self, thing: Any) -> Any:
            if isinstance(thing, type) and thing.__module__ == "__main__":
                classes.append(thing)
            return NotImplemented

    file = io.BytesIO()
    Pickler(file).dump(value)
    return file.getvalue(), classes


def _space(thing: Any) -> dict[str, Any]:
    """The names around a function or a class; of a decorated one, around what is decorated."""
    thing = inspect.unwrap(thing)
    if isinstance(thing, FunctionType):
        return thing.__globals__
    return vars(sys.modules[thing.__module__])


def _names(tree: ast.AST) -> Iterator[str]:
    """Every name that is looked up, but for those in annotations, which are not evaluated."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(tree, (ast.arg, ast.AnnAssign)) and node is tree.annotation:
            continue
        if isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef)) and node is tree.returns:
            continue
        yield from _names(node)
    if isinstance(tree, ast.Name) and isinstance(tree.ctx, ast.Load):
        yield tree.id
    if isinstance(tree, ast.Global):
        yield from tree.names


def _submodules(tree: ast.AST, space: dict[str, Any]) -> Iterator[str]:
    """Modules inside modules that are named with dots: ``concurrent.futures`` of ``concurrent``."""
    chains = (ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute))
    for chain in dict.fromkeys(chains):
        first, _, rest = chain.partition(".")
        if isinstance(module := space.get(first), ModuleType):
            dotted = f"{module.__name__}.{rest}"
            if dotted in sys.modules:
                yield dotted


def source_of(thing: Any, alias: str = "") -> str:
    """The text that defines a function or a class; ``NoSource`` if there is none."""
    for find in (_by_inspect, _by_method, _by_cell):
        source = find(thing)
        if source and _defined(source) and thing.__name__ in ("<lambda>", _defined(source)):
            return source
    raise NoSource(f"The source of {alias or thing.__name__} is not to be found here.")


def _by_inspect(thing: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError, IndentationError):
        return ""


def _by_method(thing: Any) -> str:
    """A class of a cell has no file of its own; its methods have."""
    for method in vars(thing).values() if isinstance(thing, type) else ():
        if isinstance(method, FunctionType) and method.__module__ == "__main__":
            if source := _class_in(method.__code__.co_filename, thing.__name__):
                return source
    return ""


def _by_cell(thing: Any) -> str:
    """The last cell that defines a class of this name."""
    cells = [name for name in linecache.cache if any(part in name for part in _CELL)]
    found = (_class_in(name, thing.__name__) for name in reversed(cells))
    return next(filter(None, found), "") if isinstance(thing, type) else ""


def _class_in(file: str, name: str) -> str:
    lines = linecache.getlines(file)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return ""
    for node in reversed(tree.body):
        if isinstance(node, ast.ClassDef) and node.name == name:
            first = min((each.lineno for each in node.decorator_list), default=node.lineno)
            return "".join(lines[first - 1 : node.end_lineno])
    return ""


def _defined(source: str) -> str:
    """What this text, as a whole, defines: a function, a class, or a name for a lambda."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return ""
    first = body[0] if len(body) == 1 else None
    if isinstance(first, ast.Assign) and isinstance(first.value, ast.Lambda):
        return ast.unparse(first.targets[0])
    return str(getattr(first, "name", ""))
