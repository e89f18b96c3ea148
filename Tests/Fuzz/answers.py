#!/usr/bin/env python3
"""Writes every answer among the string literals of a Swift file to a file of its own: answers.py <file> <out>"""
import pathlib
import re
import sys

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")
PLAIN = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", '"': '"', "\\": "\\"}


def main(source, out):
    target = pathlib.Path(out)
    target.mkdir(parents=True, exist_ok=True)
    texts = [ESCAPE.sub(lambda at: PLAIN[at[1]], text) for text in LITERAL.findall(pathlib.Path(source).read_text())]
    for count, text in enumerate(text for text in texts if text.startswith("HTTP/")):
        (target / f"answer-{count:04}").write_bytes(text.encode())


main(*sys.argv[1:])
