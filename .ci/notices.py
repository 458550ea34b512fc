#!/usr/bin/env python3
"""THIRD-PARTY-NOTICES.md: the licences of what is linked into the handler.

    .ci/notices.py            write the file
    .ci/notices.py --check    fail if it is not what would be written

The list is `cargo tree` of the package `handlers` for the platform it is deployed on, without procedural
macros, build scripts and tests: those are run, never shipped. The texts are read from the crates' own
packages, so `cargo fetch` must have run; identical texts are printed once.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "THIRD-PARTY-NOTICES.md"
PACKAGE = "handlers"
TARGET = "x86_64-unknown-linux-gnu"
# Where a crate offers a choice, the first of these that it offers is the one relied on.
PREFERENCE = ["MIT", "ISC", "Zlib", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"]
FILES = re.compile(r"(?i)^(licen[cs]e|copying|unlicense|notice|copyright)")
# What a file's name says about the licence in it, for files that serve one option of a choice.
NAMED = {
    "MIT": r"mit",
    "Apache-2.0": r"apache",
    "Zlib": r"zlib",
    "BSD-2-Clause": r"bsd",
    "BSD-3-Clause": r"bsd",
    "ISC": r"isc",
    "Unlicense": r"unlicense",
    "BSL-1.0": r"boost|bsl",
    "Apache-2.0 WITH LLVM-exception": r"llvm",
    "LGPL-2.1-or-later": r"lgpl",
}
MIT = """{copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def cargo(*args):
    command = ["cargo", *args, "--locked", "--offline"]
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"notices: `{' '.join(command)}` failed; `cargo fetch --locked` may be what it needs")
    return done.stdout


def linked():
    """The crates of others in the handler, as cargo's metadata describes them."""
    tree = cargo(
        "tree", "--package", PACKAGE, "--edges", "normal,no-proc-macro", "--target", TARGET,
        "--prefix", "none", "--format", "{p}",
    )
    wanted = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    packages = json.loads(cargo("metadata", "--format-version", "1"))["packages"]
    found = [p for p in packages if p["source"] and (p["name"], f"v{p['version']}") in wanted]
    return sorted(found, key=lambda p: (p["name"], p["version"]))


def clauses(expression):
    """An SPDX expression as what must hold together, each a list to choose from."""
    expression = re.sub(r"\s*/\s*", " OR ", expression)
    parts = re.split(r"\s+AND\s+(?![^(]*\))", expression)
    return [re.split(r"\s+OR\s+", part.strip("() ")) for part in parts]


def elect(expression):
    """For each clause, the option relied on."""
    chosen = []
    for options in clauses(expression):
        ranked = [name for name in PREFERENCE if name in options]
        chosen.append(ranked[0] if ranked else options[0])
    return chosen


def texts(package, chosen):
    """The licence texts in a crate's package that belong to the options relied on."""
    folder = Path(package["manifest_path"]).parent
    offered = {name for options in clauses(package["license"]) for name in options}
    others = [NAMED[name] for name in offered - set(chosen) if name in NAMED]
    out = []
    for path in sorted(folder.iterdir()):
        name = path.name
        if not path.is_file() or not FILES.match(name):
            continue
        ours = any(re.search(NAMED[c], name, re.I) for c in chosen if c in NAMED)
        if not ours and any(re.search(other, name, re.I) for other in others):
            continue
        body = path.read_text(encoding="utf-8", errors="replace")
        out.append("\n".join(line.rstrip() for line in body.splitlines()).strip("\n"))
    if not out and chosen == ["MIT"]:
        # The package carries no text; the licence's own, under the authors it names.
        authors = ", ".join(re.sub(r"\s*<.*?>", "", a) for a in package["authors"])
        out.append(MIT.format(copyright=f"Copyright (c) {authors or 'the authors of ' + package['name']}"))
    if not out:
        sys.exit(f"notices: no licence text for {package['name']} {package['version']} ({package['license']})")
    return out


def render():
    crates = linked()
    lines = [
        "# Third-party notices",
        "",
        f"The handler contains {len(crates)} crates by others, and the Rust standard library (MIT or Apache-2.0).",
        "They are listed with the licence relied on here, followed by its text. Development tools, tests and the",
        "local world are not shipped and not listed. Written by `.ci/notices.py`; do not edit.",
        "",
        "| crate | version | licence | relied on |",
        "|---|---|---|---|",
    ]
    grouped = {}
    for package in crates:
        if not package["license"]:
            sys.exit(f"notices: {package['name']} {package['version']} names no licence")
        chosen = elect(package["license"])
        name = f"{package['name']} {package['version']}"
        home = package["repository"] or f"https://crates.io/crates/{package['name']}"
        lines.append(
            f"| [{package['name']}]({home}) | {package['version']} | {package['license']} | {', '.join(chosen)} |"
        )
        for text in texts(package, chosen):
            grouped.setdefault(text, []).append(name)
    lines += ["", "## Texts"]
    for text, names in grouped.items():
        fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
        lines += ["", f"### {', '.join(names)}", "", f"{fence}text", text, fence]
    return "\n".join(lines) + "\n"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    wanted = render()
    if not sys.argv[1:]:
        OUT.write_text(wanted, encoding="utf-8")
    elif not OUT.exists() or OUT.read_text(encoding="utf-8") != wanted:
        sys.exit(f"notices: {OUT.name} is out of date; run `.ci/notices.py` and commit what it writes")


if __name__ == "__main__":
    main()
