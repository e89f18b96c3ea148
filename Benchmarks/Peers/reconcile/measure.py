"""Runs a command and tells, as JSON in a file, its wall time and its peak memory (wait4's ru_maxrss).

Both sides of the bench are measured by this alike. Usage: measure.py RESULT COMMAND [ARGUMENT ...]
"""
import json
import os
import sys
import time


def main() -> int:
    result, command = sys.argv[1], sys.argv[2:]
    # Who takes all memory there is shall be the one who is ended for it, and not the bench.
    with open("/proc/self/oom_score_adj", "w", encoding="utf-8") as file:
        file.write("1000")
    started = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - started
    code = os.waitstatus_to_exitcode(status)
    with open(result, "w", encoding="utf-8") as file:
        json.dump(
            {
                "seconds": seconds,
                "peak_mib": usage.ru_maxrss / 1024,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
                "code": code,
            },
            file,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
