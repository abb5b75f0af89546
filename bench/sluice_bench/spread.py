"""What is told of times that were measured again and again."""

import statistics


def spread(values_ms):
    return {"n": len(values_ms), "min_ms": min(values_ms), "median_ms": statistics.median(values_ms),
            "max_ms": max(values_ms)}
