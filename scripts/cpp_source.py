"""CppSource: one C++ file, taken apart just far enough for the checks of the tree.

It knows comments, literals, includes and, by their braces, functions. It is no parser: what a rule
needs beyond that belongs to clang-tidy.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)")
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?<![0-9a-fA-F])(?P<character>'(?:\\.|[^'\\\n])+')""",
    re.DOTALL | re.VERBOSE,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_NOT_A_FUNCTION = re.compile(r"^\s*(?:namespace|class|struct|enum|union|extern)\b|[=,(]\s*$|\[\]\s*$")
_CONSTRUCTOR_LIST = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")


@dataclass(frozen=True)
class Include:
    line: int
    name: str
    is_angled: bool


@dataclass(frozen=True)
class Function:
    line: int
    length: int  # lines from the opening brace to the closing one, both counted


def _blank(match_text):
    """Spaces for everything but the line ends, so that offsets and line numbers stay."""
    return re.sub(r"[^\n]", " ", match_text)


@dataclass
class CppSource:
    path: Path
    text: str
    code: str = field(init=False)  # without comments, literals emptied
    lines: list = field(init=False)
    code_lines: list = field(init=False)
    comment_lines: set = field(init=False)  # numbers of the lines that hold a comment

    def __post_init__(self):
        self.comment_lines = set()
        self.code = _TOKEN.sub(self._replace, self.text)
        self.lines = self.text.splitlines()
        self.code_lines = self.code.splitlines()

    @classmethod
    def read(cls, path):
        return cls(path, path.read_text(encoding="utf-8"))

    def _replace(self, match):
        if match.group("comment") is not None:
            first = self.line_of(match.start())
            self.comment_lines.update(range(first, first + match.group().count("\n") + 1))
            return _blank(match.group())
        quote = match.group()[-1]
        return quote + _blank(match.group()[1:-1]) + quote

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        # Read from the text, since the name of a quoted header is emptied in the code; the code
        # says whether the line is a comment.
        for match in _INCLUDE.finditer(self.text):
            if "#" in self.code[match.start() : match.end()]:
                yield Include(self.line_of(match.start()), match.group(2), match.group(1) == "<")

    def filled_lines(self):
        return sum(1 for line in self.lines if line.strip())

    def functions(self):
        """Every function with a body. A lambda counts into the function around it."""
        code = _PREPROCESSOR.sub(lambda match: _blank(match.group()), self.code)
        found = []
        head_start, position = 0, 0
        while position < len(code):
            character = code[position]
            if character == "{":
                head = code[head_start:position]
                end = _closing_brace(code, position)
                if _is_member_initializer(head):
                    position = end
                elif ")" in head and not _NOT_A_FUNCTION.search(_without_template(head)):
                    length = code.count("\n", position, end) + 1
                    found.append(Function(self.line_of(position), length))
                    position = end
                    head_start = end + 1
                elif re.search(r"[=,(]\s*$|\breturn\s*$|[\w>]\s*$", head) and not _opens_scope(head):
                    position = end  # an initializer: no function can stand in it
                else:
                    head_start = position + 1
            elif character in ";}":
                head_start = position + 1
            position += 1
        return found


def _closing_brace(code, opening):
    depth = 0
    for position in range(opening, len(code)):
        if code[position] == "{":
            depth += 1
        elif code[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return len(code) - 1


def _is_member_initializer(head):
    """`Type(int a) : a_(a), b_` before a brace: that brace belongs to b_, not to the body."""
    return bool(_CONSTRUCTOR_LIST.search(head)) and bool(re.search(r"[\w>]\s*$", head))


def _without_template(head):
    return re.sub(r"^\s*template\s*<[^{;]*?>\s*(?=\w)", "", head)


def _opens_scope(head):
    return bool(re.search(r"\b(?:namespace|class|struct|enum|union|extern)\b", head))
