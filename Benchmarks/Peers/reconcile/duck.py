"""The two anti-joins by DuckDB, from the same files, with two threads.

Usage: duck.py SHOULD_GLOB SENT_GLOB TYPE OUT_DIR; prints the counts of missing and unexpected.
"""
import sys

import duckdb


def main() -> None:
    should, sent, kind, out = sys.argv[1:5]
    base = duckdb.connect()
    base.execute("SET threads = 2")
    base.execute("SET preserve_insertion_order = false")
    base.execute(f"SET temp_directory = '{out}/duck.tmp'")
    for name, files in (("should", should), ("sent", sent)):
        base.execute(
            f"CREATE TEMP TABLE {name} AS SELECT id FROM read_csv('{files}', header = false, "
            f"columns = {{'id': '{kind}'}}, delim = ',', quote = '', escape = '')"
        )
    counts = []
    for name, left, right in (("missing", "should", "sent"), ("unexpected", "sent", "should")):
        path = f"{out}/{name}.txt"
        base.execute(
            f"COPY (SELECT id FROM {left} ANTI JOIN {right} USING (id)) TO '{path}' (HEADER false)"
        )
        with open(path, encoding="utf-8") as file:
            counts.append(sum(1 for _ in file))
    print(*counts)


if __name__ == "__main__":
    main()
