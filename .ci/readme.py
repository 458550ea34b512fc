#!/usr/bin/env python3
"""readme.py FILE COMMAND: fail unless a Markdown file gives exactly this command for its purpose.

Commands are the lines of code blocks, fenced or indented, without a prompt or a trailing comment; where a file
has none with the same first two words, its code spans are taken. The first that begins with those words must
be COMMAND itself: `cargo test -p x` further down is another purpose, `cargo test --workspace --jobs 1` is a mistake.
"""

import re
import sys


def code_lines(text):
    """The lines of fenced and indented code blocks."""
    fence = None
    for line in text.splitlines():
        mark = re.match(r"\s*(?:\d+\.\s+|[-*]\s+)?(`{3,}|~{3,})(.*)$", line)
        if fence is None and mark:
            fence = mark.group(1)
        elif fence is not None and mark and mark.group(1).startswith(fence) and not mark.group(2).strip():
            fence = None
        elif fence is not None or re.match(r"(?: {4}|\t)", line):
            yield line


def commands(lines, words):
    for line in lines:
        line = re.sub(r"\s+#.*$", "", line)
        line = re.sub(r"^[\s>]*(?:\$ )?", "", line).rstrip()
        if line.split()[: len(words)] == words:
            yield line


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    path, wanted = sys.argv[1:]
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        sys.exit(f"{path} is missing: it must give the command `{wanted}`")
    words = wanted.split()[:2]
    found = list(commands(code_lines(text), words))
    found = found or list(commands(re.findall(r"`+([^`\n]+)`+", text), words))
    if not found:
        sys.exit(f"{path} gives no command `{' '.join(words)} ...`; it must give `{wanted}`")
    if found[0] != wanted:
        sys.exit(f"{path} says `{found[0]}`, the gate runs `{wanted}`: make them the same")
    print(f"{path} gives `{wanted}`")


if __name__ == "__main__":
    main()
