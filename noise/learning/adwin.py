"""ADWIN: a window over numbers that drops its past when the past no longer fits the present.

Bifet and Gavalda 2007, "Learning from time-changing data with adaptive windowing", the exponential
histogram of section 4 with the cut of its theorem 3.2. River's has no state that could be saved as
plain data, so this is the same method on lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log, sqrt

import msgspec

MOST_BUCKETS = 5  # of each size: more would find changes a little earlier
LEAST = 5  # numbers on either side of a cut
GRACE = 10  # numbers before the first cut

Bucket = tuple[float, float]


class Adwin(msgspec.Struct):
    """Sums and sums of squares of the last numbers, each from 0 to 1.

    ``rows[i]`` holds buckets of 2**i numbers, the oldest first; row 0 has the newest. Their number
    grows with the logarithm of the window.
    """

    delta: float = 0.01
    rows: list[list[Bucket]] = []

    @property
    def width(self) -> int:
        """How many numbers the window holds."""
        return sum(len(row) << size for size, row in enumerate(self.rows))

    def add(self, number: float) -> float:
        """Take a number; return by how much the mean rose where the past was dropped, else 0."""
        self._insert((number, number * number))
        before, rose = self._mean(), 0.0
        while self.width > GRACE and (change := self._change()):
            self._drop_oldest()
            rose = change
        return rose and self._mean() - before

    def _insert(self, bucket: Bucket) -> None:
        size = 0
        while True:
            if size == len(self.rows):
                self.rows.append([])
            row = self.rows[size]
            row.append(bucket)
            if len(row) <= MOST_BUCKETS:
                return
            first, second = row.pop(0), row.pop(0)
            bucket = (first[0] + second[0], first[1] + second[1])
            size += 1

    def _drop_oldest(self) -> None:
        self.rows[-1].pop(0)
        while not self.rows[-1]:
            self.rows.pop()

    def _oldest_first(self) -> Iterator[tuple[int, Bucket]]:
        for size in range(len(self.rows) - 1, -1, -1):
            for bucket in self.rows[size]:
                yield 1 << size, bucket

    def _mean(self) -> float:
        return sum(total for _, (total, _) in self._oldest_first()) / self.width

    def _change(self) -> float:
        """Return by how much the newer part differs at the first cut where it does, else 0."""
        buckets = list(self._oldest_first())
        width = sum(count for count, _ in buckets)
        total = sum(bucket[0] for _, bucket in buckets)
        variance = max(0.0, sum(bucket[1] for _, bucket in buckets) / width - (total / width) ** 2)
        confidence = log(2.0 * log(width) / self.delta)
        old, old_total = 0, 0.0
        for count, (bucket_total, _) in buckets:
            old += count
            old_total += bucket_total
            new = width - old
            if old < LEAST or new < LEAST:
                continue
            harmonic = 1.0 / (old - LEAST + 1) + 1.0 / (new - LEAST + 1)
            least = sqrt(2.0 * harmonic * variance * confidence) + confidence * harmonic / 1.5
            change = (total - old_total) / new - old_total / old
            if abs(change) > least:
                return change
        return 0.0
