#!/usr/bin/env python3
"""The table of docs/planted.md, from the documents of `polytask bench planted --json`: a line a quantity, a column a seed.

    python3 scripts/planted_table.py FOLDER SEED ...        with FOLDER/SEED.json for each seed
"""

import json
import sys
from pathlib import Path


def shown(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("|", "\\|")
    return f"{value:.0f}" if value == int(value) else f"{value:.4f}"


def found(check):
    """A number with its standard error, or a word."""
    record = check["found"]
    if isinstance(record, str):
        return shown(record)
    return shown(record["value"]) + (f" ± {record['se']:.4f}" if record["se"] is not None else "")


def quantity(check):
    record = check["found"]
    unit = "" if isinstance(record, str) or record["unit"] == "one" else f", {record['unit']}"
    return (check["quantity"] + unit).replace("|", "\\|")


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
            cells = [quantity(first), shown(first["truth"]), first["mark"] or ""]
            for check in checks:
                cells.append(found(check) + (" **missed**" if check["passed"] is False else ""))
            print("| " + " | ".join(cells) + " |")
        print()


if __name__ == "__main__":
    main()
