#!/usr/bin/env python3
"""The judge of bench-deliver: reads the access log that nginx wrote, and nothing of ours but times.

    pace.py pace SPEC.json     windows, shares of limits, gaps
    pace.py ids LOG            distinct webhook-ids, and how many came again

Log lines, tab between fields: time of logging (s.ms), URI, webhook-id, status, request time (s.ms), request
length. A request's arrival is the time of logging less the request time, in whole ms of nginx's clock. Answers
are one JSON object on standard output.

SPEC: {"log", "from", "until" (Unix s), "closed": [[from, until], ...], "rebalances": [{"at", "within", "wait",
"logs": [path, ...]}], "groups": [{"name", "uris": [] (empty: all), "steps": [{"at", "per_second", "burst"}]}]}.

A rebalance closes the time from its begin to `wait` after the last line "partitions assigned" that the
deliverers' logs have within `within` s: a new owner waits so long before it uses its share.
"""

import json
import re
import sys
from datetime import datetime, timezone

FIELDS = 6


def milliseconds(text):
    """'1700000000.123' as an integer; nginx always writes three places."""
    whole, _, places = text.partition(".")
    return int(whole) * 1000 + int(places)


def lines(path):
    """Every whole line's fields; the last one may be half written."""
    with open(path, "r", encoding="ascii", errors="replace") as log:
        for line in log:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == FIELDS and line.endswith("\n"):
                yield fields


def highest_window(arrivals, width_ms, allowed):
    """The window of so many ms that comes nearest to what is allowed, or passes it farthest.

    Windows are half open and begin at an arrival; `allowed(ms)` tells for the window that begins there. Returns
    (count, allowed, begin, windows over).
    """
    worst = (0, allowed(arrivals[0]) if arrivals else 0, 0)
    over = 0
    end = 0
    for begin, at in enumerate(arrivals):
        while end < len(arrivals) and arrivals[end] - at < width_ms:
            end += 1
        count, most = end - begin, allowed(at)
        over += count > most
        if count * worst[1] > worst[0] * most or worst[0] == 0:
            worst = (count, most, at)
    return worst + (over,)


def limit_in_force(steps, from_ms, until_ms):
    """The largest rate + burst, as (rate, burst), of the steps in force at any time between."""
    found = []
    for index, step in enumerate(steps):
        next_ms = steps[index + 1]["at"] * 1000 if index + 1 < len(steps) else float("inf")
        if step["at"] * 1000 <= until_ms and next_ms >= from_ms:
            found.append((step["per_second"], step["burst"]))
    return max(found, key=lambda pair: pair[0] + pair[1])


def open_times(from_s, until_s, closed):
    """[from, until] without the closed times, in order."""
    pieces = []
    at = from_s
    for begin, end in sorted(closed):
        if begin > at:
            pieces.append((at, min(begin, until_s)))
        at = max(at, end)
        if at >= until_s:
            break
    if at < until_s:
        pieces.append((at, until_s))
    return [(begin, end) for begin, end in pieces if end > begin]


def permitted(steps, pieces):
    """What the limit would have let through in these times."""
    total = 0.0
    for index, step in enumerate(steps):
        next_s = steps[index + 1]["at"] if index + 1 < len(steps) else float("inf")
        for begin, end in pieces:
            total += max(0.0, min(end, next_s) - max(begin, step["at"])) * step["per_second"]
    return total


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def last_assignment(rebalance):
    """When the last partitions were assigned, Unix seconds; None if that cannot be seen."""
    last = None
    pattern = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z.*partitions assigned")
    for path in rebalance["logs"]:
        with open(path, "r", encoding="utf-8", errors="replace") as log:
            for line in log:
                match = pattern.search(line)
                if not match:
                    continue
                when = datetime.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S.%f")
                at = when.replace(tzinfo=timezone.utc).timestamp()
                if rebalance["at"] <= at <= rebalance["at"] + rebalance["within"]:
                    last = max(last or at, at)
    return last


def group_report(group, arrivals, statuses, pieces, from_ms, until_ms):
    steps = group["steps"]

    def bound(width_ms):
        # A change is in force within a second; a window that touches that second may still be of either limit.
        def allowed(at_ms):
            rate, burst = limit_in_force(steps, at_ms - 1000, at_ms + width_ms)
            return rate * width_ms / 1000 + burst

        return allowed

    second = highest_window(arrivals, 1000, bound(1000))
    tenth = highest_window(arrivals, 100, bound(100))
    inside = [at for at in arrivals if from_ms <= at < until_ms]
    spans = [(begin * 1000, end * 1000) for begin, end in pieces]
    in_open = sum(1 for at in inside if any(begin <= at < end for begin, end in spans))
    gaps = sorted(b - a for a, b in zip(inside, inside[1:]))
    expected = permitted(steps, pieces)
    return {
        "name": group["name"],
        "count": len(arrivals),
        "inside": len(inside),
        "open": in_open,
        "expected": expected,
        "used": in_open / expected if expected else None,
        "second": {"count": second[0], "allowed": second[1], "at": second[2] / 1000, "over": second[3]},
        "tenth": {"count": tenth[0], "allowed": tenth[1], "at": tenth[2] / 1000, "over": tenth[3]},
        "first": arrivals[0] / 1000 if arrivals else None,
        "gap_p50_ms": percentile(gaps, 0.50),
        "gap_p99_ms": percentile(gaps, 0.99),
        "gap_longest_ms": gaps[-1] if gaps else None,
        "statuses": statuses,
    }


def pace(spec):
    closed = [tuple(span) for span in spec["closed"]]
    unseen = 0
    for rebalance in spec["rebalances"]:
        last = last_assignment(rebalance)
        if last is None:
            unseen += 1
        else:
            closed.append((rebalance["at"], last + rebalance["wait"]))
    pieces = open_times(spec["from"], spec["until"], closed)
    by_uri, status_by_uri, lengths = {}, {}, []
    for logged, uri, _, status, took, length in lines(spec["log"]):
        by_uri.setdefault(uri, []).append(milliseconds(logged) - milliseconds(took))
        counts = status_by_uri.setdefault(uri, {})
        counts[status] = counts.get(status, 0) + 1
        if len(lengths) < 100_000:
            lengths.append(int(length))
    groups = []
    for group in spec["groups"]:
        uris = group["uris"] or list(by_uri)
        arrivals = sorted(at for uri in uris for at in by_uri.get(uri, []))
        statuses = {}
        for uri in uris:
            for status, count in status_by_uri.get(uri, {}).items():
                statuses[status] = statuses.get(status, 0) + count
        groups.append(
            group_report(group, arrivals, statuses, pieces, spec["from"] * 1000, spec["until"] * 1000))
    lengths.sort()
    return {
        "open_seconds": sum(end - begin for begin, end in pieces),
        "closed_seconds": spec["until"] - spec["from"] - sum(end - begin for begin, end in pieces),
        "rebalances_unseen": unseen,
        "request_bytes": percentile(lengths, 0.5),
        "groups": groups,
    }


def ids(path):
    seen, total, again, bare = set(), 0, 0, 0
    shortest, longest = float("inf"), 0
    for _, _, name, _, _, length in lines(path):
        total += 1
        shortest, longest = min(shortest, int(length)), max(longest, int(length))
        if name == "-":
            bare += 1
        elif name in seen:
            again += 1
        else:
            seen.add(name)
    return {
        "requests": total,
        "distinct": len(seen),
        "again": again,
        "without": bare,
        "shortest_bytes": shortest if total else 0,
        "longest_bytes": longest,
    }


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "pace":
        with open(arguments[1], "r", encoding="utf-8") as file:
            answer = pace(json.load(file))
    elif len(arguments) == 2 and arguments[0] == "ids":
        answer = ids(arguments[1])
    else:
        print(__doc__, file=sys.stderr)
        return 64
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
