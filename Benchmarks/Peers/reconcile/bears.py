"""The two anti-joins by polars, from the same files; POLARS_MAX_THREADS says with how many threads.

Usage: bears.py SHOULD_GLOB SENT_GLOB TYPE OUT_DIR; prints the counts of missing and unexpected.
"""
import sys

import polars


def main() -> None:
    should, sent, kind, out = sys.argv[1:5]
    schema = {"id": polars.UInt64 if kind == "UBIGINT" else polars.Int64}
    sides = [polars.scan_csv(files, has_header=False, schema=schema) for files in (should, sent)]
    counts = []
    for name, left, right in (("missing", 0, 1), ("unexpected", 1, 0)):
        found = sides[left].join(sides[right], on="id", how="anti").collect(engine="streaming")
        found.write_csv(f"{out}/{name}.txt", include_header=False)
        counts.append(found.height)
    print(*counts)


if __name__ == "__main__":
    main()
