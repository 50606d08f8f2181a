#!/usr/bin/env python3
"""Runs a command in a terminal and draws what stands on its screen at the end, as SVG.

    pip install pyte
    python3 scripts/terminal.py docs/first-run.svg -- target/release/polytask train configs/digits-letters.toml

The first word of the command is shown without its folder. Colours are those of a common dark scheme.
"""

import argparse
import os
import pty
import struct
import sys
import termios
import fcntl
from html import escape
from pathlib import Path

import pyte

COLUMNS, LINES = 112, 60
WIDTH, HEIGHT, MARGIN = 8.4, 18, 14
PAPER, INK = "#1b1f27", "#d7dae0"
INKS = {
    "default": INK, "black": "#5c6370", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b", "blue": "#61afef",
    "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#ffffff",
}


def screen_of(command):
    """The screen after the command has ended, and its exit code."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS), LINES=str(LINES))
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    while True:
        try:
            told = os.read(terminal, 1 << 16)
        except OSError:
            break
        if not told:
            break
        stream.feed(told)
    _, status = os.waitpid(child, 0)
    return screen, os.waitstatus_to_exitcode(status)


def spans(cells):
    """Neighbouring cells that look alike, as (column, text, ink, bold)."""
    found = []
    for column in range(COLUMNS):
        cell = cells[column]
        look = (INKS.get(cell.fg, f"#{cell.fg}" if len(cell.fg) == 6 else INK), cell.bold)
        if found and found[-1][2:] == look:
            found[-1] = (found[-1][0], found[-1][1] + cell.data, *look)
        else:
            found.append((column, cell.data, *look))
    return [span for span in found if span[1].strip()]


def drawn(screen, prompt):
    rows = [spans(screen.buffer[line]) for line in range(LINES)]
    while rows and not rows[-1]:
        rows.pop()
    rows = [[(0, f"$ {prompt}", INKS["green"], True)], *rows]
    width, height = 2 * MARGIN + COLUMNS * WIDTH, 2 * MARGIN + len(rows) * HEIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">',
        f"<title>{escape(prompt)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
        '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">',
    ]
    for row, found in enumerate(rows):
        for column, text, ink, bold in found:
            weight = ' font-weight="bold"' if bold else ""
            x, y = MARGIN + column * WIDTH, MARGIN + (row + 0.75) * HEIGHT
            length = f' textLength="{len(text) * WIDTH:.1f}"'
            lines.append(f'<text x="{x:.1f}" y="{y:.1f}"{length} fill="{ink}"{weight}>{escape(text)}</text>')
    return "\n".join([*lines, "</g>", "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    command = [word for word in given.command if word != "--"]
    screen, code = screen_of(command)
    prompt = " ".join([Path(command[0]).name, *command[1:]])
    given.picture.write_text(drawn(screen, prompt))
    sys.exit(code)


if __name__ == "__main__":
    main()
