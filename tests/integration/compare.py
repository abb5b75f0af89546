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


def hashes(packets, kind):
    return [p.hash for p in frames(packets, kind)]


def assert_whole(published, arrived):
    """Every frame of `published` arrived once, unchanged and in order, with nothing in between; more may have
    arrived before and after."""
    for kind in ("video", "audio"):
        sent, got = hashes(published, kind), hashes(arrived, kind)
        assert sent, f"no {kind} was published"
        assert sent[0] in got, f"{kind}: the first frame did not arrive"
        begin = got.index(sent[0])
        for index, (expected, there) in enumerate(zip(sent, got[begin:])):
            assert there == expected, f"{kind}: frame {index} of {len(sent)} is not the one published"
        assert len(got) - begin >= len(sent), f"{kind}: {len(got) - begin} of {len(sent)} frames arrived"


def assert_thinned(published, arrived):
    """`arrived` is in order, without repeats, and can be decoded: a picture that others are predicted from is
    left out only together with all up to the next key frame. Returns how many pictures were left out."""
    for kind in ("video", "audio"):
        sent = {digest: number for number, digest in enumerate(hashes(published, kind))}
        numbers = [sent.get(digest) for digest in hashes(arrived, kind)]
        assert None not in numbers, f"{kind}: a frame arrived that was never published"
        assert numbers == sorted(set(numbers)), f"{kind}: out of order or repeated"
    pictures = frames(published, "video")
    number_of = {p.hash: number for number, p in enumerate(pictures)}
    numbers = [number_of[digest] for digest in hashes(arrived, "video")]
    if not numbers:
        return 0
    assert pictures[numbers[0]].is_key, "the first picture is no key frame"
    for before, after in zip(numbers, numbers[1:]):
        needed = [n for n in range(before + 1, after) if not is_unreferenced(pictures[n])]
        assert not needed or pictures[after].is_key, f"picture {after} came without {needed}, which it needs"
    return numbers[-1] - numbers[0] + 1 - len(numbers)


def is_unreferenced(picture):
    """No other is predicted from it: nal_ref_idc is 0. For H.264 with one NAL unit per picture."""
    head = bytes.fromhex(picture.head)
    return head[:2] == b"\x27\x01" and len(head) > 9 and head[9] >> 5 & 3 == 0
