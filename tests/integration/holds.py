"""A session at a platform across holds, taken apart: live, held, live again."""

import dataclasses
import itertools

import compare


@dataclasses.dataclass
class Stretch:
    """Frames of both tracks between two changes."""

    live: bool
    packets: list
    arrivals: list
    numbers: list  # of live frames: their places in the published track

    def of(self, kind):
        return compare.frames(self.packets, kind)


def stretches(published, session):
    """Which frames are live: those of the published film that lie behind all before them. (A hold's key frame may be
    the same bytes as the last live one.) The film must have been published without a step back. A frame is held
    until the first live key frame behind."""
    place = {
        kind: {packet.hash: number for number, packet in enumerate(compare.frames(published, kind))}
        for kind in ("video", "audio")
    }
    highest = {"video": -1, "audio": -1}
    found = []
    for packet, arrival in zip(session.packets, session.arrivals):
        if not compare.frames([packet], packet.kind) or packet.kind not in place:
            continue
        number = place[packet.kind].get(packet.hash, -1)
        live = number > highest[packet.kind]
        if not found or found[-1].live != live:
            found.append(Stretch(live, [], [], []))
        if live:
            highest[packet.kind] = number
        found[-1].packets.append(packet)
        found[-1].arrivals.append(arrival)
        found[-1].numbers.append(number)
    return found


def composition_ms(packet):
    value = int(packet.head[4:10], 16)
    return value - (1 << 24) if value & 1 << 23 else value


def shown_at(packet):
    return packet.timestamp + composition_ms(packet)


def rises(values):
    return all(a < b for a, b in itertools.pairwise(values))


def assert_time_goes_on(packets):
    """On each track, strictly; and no two pictures are to be shown at the same time."""
    for kind in ("video", "audio"):
        times = [packet.timestamp for packet in compare.frames(packets, kind)]
        assert rises(times), f"{kind}: {[pair for pair in itertools.pairwise(times) if pair[0] >= pair[1]]}"
    shown = [shown_at(packet) for packet in compare.frames(packets, "video")]
    assert len(set(shown)) == len(shown), "two pictures for one moment"


def assert_no_key_frame_follows_another(packets):
    pictures = compare.frames(packets, "video")
    assert not any(a.is_key and b.is_key for a, b in itertools.pairwise(pictures))


def offset(published, stretch):
    """The one constant between the film's time and the session's in a live stretch, for sound and picture alike."""
    found = set().union(*(compare.offsets(published, stretch.packets, kind) for kind in ("video", "audio")))
    assert len(found) == 1, f"sound and picture apart: {found}"
    return signed(found.pop())


def signed(offset):
    return offset - 2**32 if offset >= 2**31 else offset


def skew(published, stretch):
    """How much more the pictures of a live stretch were shifted than its sound. Not 0 where the publisher parts them."""
    video, sound = (max(map(signed, compare.offsets(published, stretch.packets, kind))) for kind in ("video", "audio"))
    return video - sound


def live_hold_live(published, session):
    """The three stretches of a session with one hold, which must be all there is. A hold at the end, for as long as it
    took to switch the stream off when the publisher had finished, is left out."""
    parts = stretches(published, session)
    found = [part.live for part in parts]
    assert found in ([True, False, True], [True, False, True, False]), [(p.live, len(p.packets)) for p in parts]
    parts = parts[:3]
    for before, after in itertools.pairwise([[shown_at(p) for p in part.of("video")] for part in parts]):
        assert max(before) < min(after), "a picture is to be shown before one of the stretch before"
    assert parts[2].of("video")[0].is_key
    assert_time_goes_on(session.packets)
    assert_no_key_frame_follows_another(session.packets)
    return parts
