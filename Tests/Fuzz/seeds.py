#!/usr/bin/env python3
"""Writes the bytes of every case in a folder of case files to a file of its own: seeds.py <cases> <out>"""
import pathlib
import re
import sys

ESCAPE = re.compile(r"\\(?:x([0-9A-F]{2})|\{(.*?)\*(\d+)\}|([rnt0s\\]))")
PLAIN = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "s": b" ", "\\": b"\\"}
MOST = 3000


def unescaped(text):
    out, at = b"", 0
    for match in ESCAPE.finditer(text):
        out += text[at : match.start()].encode()
        at = match.end()
        if match[1]:
            out += bytes([int(match[1], 16)])
        elif match[2]:
            # Long runs are for the limits of the server; the fuzzer's are small.
            piece = unescaped(match[2])
            out += piece * min(int(match[3]), max(1, 800 // len(piece)))
        else:
            out += PLAIN[match[4]]
    return out + text[at:].encode()


def main(cases, out):
    target = pathlib.Path(out)
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in sorted(pathlib.Path(cases).glob("*.cases")):
        for block in path.read_text().split("\ncase ")[1:]:
            raw = b"".join(unescaped(line[2:]) for line in block.split("\n") if line.startswith("> "))
            (target / f"{path.stem}-{count:04}").write_bytes(raw[:MOST])
            count += 1
    print(f"{count} seeds")


main(*sys.argv[1:])
