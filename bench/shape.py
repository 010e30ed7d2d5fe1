"""`python -m bench.shape [REVISION ...]`: the shape of the program's code, in a row of numbers per revision.

Counted over every Python file that ships or runs (chalicelib, local, infra, layers, app.py), from git, so that two
revisions can be set side by side:

- names: how many different names a reader of one function meets (variables, parameters and attributes), median and
  90th percentile;
- lines of a function, and how many functions have more than 40;
- the parameters of the widest constructor, without `self`;
- comments per 100 lines of code: lines that begin with `#` or end with one;
- how many definitions each of the names in `AMBIGUOUS` has in the whole tree: one meaning per name is wanted.
"""

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

AMBIGUOUS = ("decode", "Answer", "Plan", "Page", "Tokens", "Refused", "Json")
"""Names that once stood for several things."""

PROGRAM = ("chalicelib/", "local/", "infra/", "layers/", "app.py")
LONG = 40

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Shape:
    """The measures of one revision."""

    modules: int
    code_lines: int
    comments: int
    longest_module: tuple[int, str]
    names: list[int]
    function_lines: list[int]
    widest_constructor: int
    definitions: dict[str, int]


def percentile(values: Sequence[int], share: float) -> int:
    """Return the value below which `share` (0 to 1) of the values lie; 0 for none."""
    return sorted(values)[int(share * (len(values) - 1))] if values else 0


def names_in(function: _FunctionNode) -> set[str]:
    """Return the different names that a reader of the function meets."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names of all functions, classes and module-level assignments, one for each definition."""
    for node in ast.walk(tree):
        if isinstance(node, _FunctionNode | ast.ClassDef):
            yield node.name
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def comments_in(source: str) -> int:
    """Return the number of comments; what speaks to a tool (noqa, type, fmt, pragma) does not count."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    to_tools = ("# noqa", "# type:", "# fmt:", "# pragma")
    return sum(1 for token in tokens if token.type == tokenize.COMMENT and not token.string.startswith(to_tools))


def code_lines_in(source: str) -> int:
    """Return the number of lines that are not blank."""
    return sum(1 for line in source.splitlines() if line.strip())


def measure(sources: dict[str, str]) -> Shape:
    """Measure a tree given as source text by path; definitions count everywhere, the rest in the program alone."""
    trees = {path: ast.parse(source) for path, source in sources.items()}
    program = {path: tree for path, tree in trees.items() if path.startswith(PROGRAM)}
    functions = [node for tree in program.values() for node in ast.walk(tree) if isinstance(node, _FunctionNode)]
    constructors = [node for node in functions if node.name == "__init__"]
    all_defined = [name for tree in trees.values() for name in defined(tree)]
    return Shape(
        modules=len(program),
        code_lines=sum(code_lines_in(sources[path]) for path in program),
        comments=sum(comments_in(sources[path]) for path in program),
        longest_module=max((len(sources[path].splitlines()), path) for path in program),
        names=[len(names_in(function)) for function in functions],
        function_lines=[(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions],
        widest_constructor=max((_width(node) for node in constructors), default=0),
        definitions={name: all_defined.count(name) for name in AMBIGUOUS},
    )


def _width(constructor: _FunctionNode) -> int:
    arguments = constructor.args
    return len(arguments.args) + len(arguments.kwonlyargs) - 1


def sources_of(revision: str) -> dict[str, str]:
    """Return the text of every Python file of a git revision; the working tree for an empty one."""
    listing = ["ls-tree", "-r", "--name-only", revision] if revision else ["ls-files"]
    paths = [path for path in _git(*listing).splitlines() if path.endswith(".py")]
    return {path: _git("show", f"{revision}:{path}") for path in paths}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def row(shape: Shape) -> str:
    """Describe a shape in a few lines."""
    long = sum(1 for lines in shape.function_lines if lines > LONG)
    meanings = ", ".join(f"{name} {count}" for name, count in shape.definitions.items())
    return (
        f"  {shape.modules} modules, {shape.code_lines} lines of code, the longest module {shape.longest_module[0]} "
        f"({shape.longest_module[1]})\n"
        f"  names per function: median {percentile(shape.names, 0.5)}, 90th percentile {percentile(shape.names, 0.9)}\n"
        f"  lines per function: median {percentile(shape.function_lines, 0.5)}, {long} functions over {LONG}\n"
        f"  widest constructor: {shape.widest_constructor} parameters\n"
        f"  comments per 100 lines: {100 * shape.comments / max(1, shape.code_lines):.1f}\n"
        f"  definitions: {meanings}"
    )


if __name__ == "__main__":
    for wanted in sys.argv[1:] or ["HEAD"]:
        print(wanted)
        print(row(measure(sources_of(wanted))))
