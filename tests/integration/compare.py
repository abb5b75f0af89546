"""Packet by packet: was what arrived exactly a run of what was published?"""


def frames(packets, kind):
    """The coded frames of a track: no sequence headers, no end of sequence, nothing empty."""
    return [p for p in packets if p.kind == kind and not p.is_header and not p.is_end and p.size > 0]


def run_of(published, arrived, kind):
    """The place in the published track where the arrived one begins. Fails when the arrived track is no
    unbroken run of the published one: something lost, doubled, changed or out of order."""
    sent = [p.hash for p in frames(published, kind)]
    got = [p.hash for p in frames(arrived, kind)]
    assert got, f"no {kind} arrived"
    assert len(set(sent)) == len(sent), f"the published {kind} repeats itself: it cannot be compared"
    assert got[0] in sent, f"the first {kind} packet that arrived was never published"
    start = sent.index(got[0])
    for index, digest in enumerate(got):
        assert start + index < len(sent), f"{kind}: more arrived than was published"
        if digest != sent[start + index]:
            what = f"published as number {sent.index(digest)}" if digest in sent else "never published"
            raise AssertionError(f"{kind} packet {index} should be number {start + index}, but was {what}")
    return start


def offsets(published, arrived, kind):
    by_hash = {p.hash: p.timestamp for p in frames(published, kind)}
    return {(by_hash[p.hash] - p.timestamp) % 2**32 for p in frames(arrived, kind)}


def assert_unchanged(published, arrived, *, to_the_end=True, same_clock=True):
    """Each track of `arrived` is an unbroken run of the published one, headers first.

    to_the_end: the publisher has ended and everything up to its last packet must be there.
    same_clock: the publisher keeps the file's timestamps, so one constant lies between file and platform.
    """
    kinds = [kind for kind in ("video", "audio") if frames(published, kind)]
    for kind in kinds:
        run_of(published, arrived, kind)
        if to_the_end:
            assert frames(arrived, kind)[-1].hash == frames(published, kind)[-1].hash, f"the end of {kind} is missing"
        first_frame = next(i for i, p in enumerate(arrived) if p.kind == kind and not p.is_header)
        if any(p.kind == kind and p.is_header for p in published):
            header = next((i for i, p in enumerate(arrived) if p.kind == kind and p.is_header), None)
            assert header is not None and header < first_frame, f"{kind} came without its sequence header first"
    if same_clock:
        shifts = set().union(*(offsets(published, arrived, kind) for kind in kinds))
        assert len(shifts) == 1, f"the tracks were not shifted by one constant: {sorted(shifts)}"


def assert_relayed(published, arrived, **how):
    """One session at a platform is what the contract promises for the published FLV packets."""
    assert_unchanged(published, arrived, **how)
    video = frames(arrived, "video")
    if video:
        assert video[0].is_key, "the first picture is no key frame"
        assert video[0].timestamp == 0, f"the first key frame is at {video[0].timestamp} ms"
