"""Print what the directory of surgeries costs: seconds to open, memory, and milliseconds of a look-up.

    python -m scripts.bench_gp

It reads the list that the action server would (``OWNIT_GP_FILE``, or what ``ownit gp update`` fetched) and looks up
postcodes, parts of postcodes, names and codes of surgeries from all over it.
"""

from __future__ import annotations

import json
import resource
import statistics
import time

from actions.gp_directory import Directory

_EVERY = 60  # surgeries between one that is looked up and the next


def main() -> None:
    """Measure in this process and print one JSON object; its ``surgeries`` are 0 without a list."""
    before, start = _peak(), time.perf_counter()
    directory = Directory.open()
    seconds = time.perf_counter() - start
    listed = directory.practices.practices if directory.practices else []
    typed = [what for p in listed[::_EVERY] for what in (p.postcode, p.postcode.split()[0], p.name.lower(), p.ods)]
    times = [_milliseconds(directory, text) for text in typed]
    figures = {"surgeries": len(listed), "open_seconds": seconds, "mebibytes": _peak() - before}
    if times:
        figures |= {"look_up_p50_ms": statistics.median(times), "look_up_p99_ms": statistics.quantiles(times, n=100)[-1]}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def _milliseconds(directory: Directory, text: str) -> float:
    start = time.perf_counter()
    directory.look_up(text, asked=True)
    return (time.perf_counter() - start) * 1000


def _peak() -> float:
    """Return the most MiB this process has held; Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
