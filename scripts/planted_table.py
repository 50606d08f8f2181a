#!/usr/bin/env python3
"""The table of docs/planted.md, from the documents of `polytask bench planted --json`: a line a quantity, a column a seed.

    python3 scripts/planted_table.py FOLDER SEED ...        with FOLDER/SEED.json for each seed
"""

import json
import re
import sys
from pathlib import Path


def shown(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("|", "\\|")
    return f"{value:.0f}" if value == int(value) else f"{value:.4f}"


def without_error(quantity):
    """The standard error of one seed is not that of another."""
    return re.sub(r" \(± [\d.]+\)", "", quantity)


def main():
    folder, seeds = Path(sys.argv[1]), sys.argv[2:]
    documents = [json.loads((folder / f"{seed}.json").read_text()) for seed in seeds]
    for families in zip(*(document["families"] for document in documents)):
        family = families[0]
        print(f"### {family['family']}: {family['summary']}\n")
        heads = ["quantity", "truth", "mark"] + [f"seed {seed}" for seed in seeds]
        print("| " + " | ".join(heads) + " |")
        print("|---|---|---|" + "---|" * len(seeds))
        for checks in zip(*(family["checks"] for family in families)):
            # A mark that depends on a standard error is that of the first seed.
            first = checks[0]
            cells = [without_error(first["quantity"]).replace("|", "\\|"), shown(first["truth"]), first["mark"] or ""]
            for check in checks:
                cells.append(shown(check["found"]) + (" **missed**" if check["passed"] is False else ""))
            print("| " + " | ".join(cells) + " |")
        print()


if __name__ == "__main__":
    main()
