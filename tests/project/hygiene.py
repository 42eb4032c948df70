"""What every file owes its reader."""

import re
import shutil
import subprocess

import tree

MAX_LINES = 500

_CODE = (".cc", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "Makefile")
_TEXT = _CODE + (".md", ".json", ".toml", ".txt", ".yaml", ".yml", ".js", ".mjs", "run", "CMakePresets.json")

# Written in pieces, so that this file passes its own check.
_FORBIDDEN = [
    (r"\bTO" r"DO\b|\bFIX" r"ME\b|\bX" r"XX\b", "an unfinished thought"),
    (r"\bDIS" r"ABLED_", "a test that never runs"),
    (r"(?<![\w.~-])/(wo" r"rk|ro" r"ot|Use" r"rs)/\w", "a path of one machine"),
    (
        r"regis" r"try\.npmjs|py" r"pi\.org|python" r"hosted\.org|deb\.deb" r"ian\.org|proxy\.go" r"lang|cra" r"tes\.io",
        "the host of a package registry",
    ),
]


def check_lengths(root):
    problems = []
    for path in tree.files(root, *_CODE):
        lines = tree.read(root, path).count("\n")
        if lines > MAX_LINES:
            problems.append(f"{path}: {lines} lines; {MAX_LINES} is the limit, split it by idea")
    return problems


def check_words(root):
    patterns = [(re.compile(pattern), what) for pattern, what in _FORBIDDEN]
    patterns.append((re.compile(re.escape(str(root)) + r"\b"), "the path of this checkout"))
    problems = []
    for path in tree.files(root, *_TEXT):
        for number, line in enumerate(tree.read(root, path).splitlines(), 1):
            problems += [
                f"{path}:{number}: {what}: {match.group()}"
                for pattern, what in patterns
                if (match := pattern.search(line))
            ]
    return problems


def check_header_comments(root):
    return [
        f"{path}: begins without a comment that says what it is for"
        for path in tree.files(root, ".h")
        if not re.match(r"// \S", tree.read(root, path))
    ]


def check_links(root):
    """Relative links of documents lead somewhere."""
    return [
        f"{path}: links to {target}, which is not there"
        for path in tree.files(root, ".md")
        for target in re.findall(r"\]\(([^)#\s]+)", tree.read(root, path))
        if "://" not in target and not (root / path.parent / target).exists()
    ]


def check_format(root):
    """clang-format's own verdict, by the .clang-format of the tree."""
    program = shutil.which("clang-format-14")
    if not program:
        return ["clang-format-14 is not installed; tools/setup.sh does that"]
    sources = [str(path) for path in tree.files(root, ".cc", ".h")]
    if not sources:
        return []
    run = subprocess.run([program, "--dry-run", "-Werror", *sources], cwd=root, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return []
    files = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", run.stderr, re.MULTILINE)))
    return [f"{path}: not formatted; run make format" for path in files] or [run.stderr]
