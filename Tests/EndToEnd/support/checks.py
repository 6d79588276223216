"""Settings that must be refused, with the places where."""

import re

from support.gateway import command

MARK = "»"  # stands before every value that must be refused


def places(text):
    """The text without its marks, and line and column of what each stood before."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        while (column := line.find(MARK)) >= 0:
            found.add((number, column + 1))
            line = line.replace(MARK, "", 1)
    return text.replace(MARK, ""), found


def refused(folder, text):
    """The places that `tollgate check` complains of, and all that it said."""
    file = folder / "gateway.yaml"
    file.write_text(text)
    result = command("check", file)
    found = {
        (int(match[1]), int(match[2]))
        for line in (result.stdout + result.stderr).splitlines()
        if not line.startswith("notice: ") and (match := re.match(r"(?:.*/)?gateway\.yaml:(\d+):(\d+): ", line))
    }
    assert result.returncode == (1 if found else 0), result
    return found, result.stdout + result.stderr


def assert_refused_where_marked(folder, text):
    clean, expected = places(text)
    found, output = refused(folder, clean)
    assert expected and found == expected, f"only there {found - expected}, only marked {expected - found}\n{output}"
