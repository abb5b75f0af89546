"""An FLV parser of our own, independent of the C++ one, and what a packet means."""

import collections
import hashlib
import pathlib
import struct

Packet = collections.namedtuple("Packet", "kind timestamp hash size head is_header is_key is_end")

KINDS = {8: "audio", 9: "video", 18: "data"}


def describe(type_id, timestamp, payload):
    """The packet of one RTMP message or FLV tag."""
    kind = KINDS.get(type_id, "other")
    header = key = end = False
    if kind == "video" and len(payload) >= 2:
        if payload[0] & 0x80:
            packet_type, frame = payload[0] & 0x0F, payload[0] >> 4 & 7
            header, end = packet_type == 0, packet_type == 2
            key = frame == 1 and packet_type in (1, 3)
        else:
            header, end = payload[1] == 0, payload[1] == 2
            key = payload[0] >> 4 == 1 and payload[1] == 1
    elif kind == "audio" and len(payload) >= 2:
        if payload[0] >> 4 == 10:
            header = payload[1] == 0
        elif payload[0] >> 4 == 9:
            header, end = payload[0] & 0x0F == 0, payload[0] & 0x0F == 2
    digest = hashlib.sha256(payload).hexdigest()[:16]
    return Packet(kind, timestamp, digest, len(payload), payload[:12].hex(), header, key, end)


def tags(path):
    """(type, timestamp, payload) of each; a last one that is not complete (a recording still being written) is left out."""
    data = pathlib.Path(path).read_bytes()
    if len(data) < 13:
        return
    assert data[:3] == b"FLV", f"{path} is no FLV file"
    position = struct.unpack(">I", data[5:9])[0] + 4
    while position + 11 <= len(data):
        type_id = data[position]
        size = int.from_bytes(data[position + 1 : position + 4], "big")
        timestamp = int.from_bytes(data[position + 4 : position + 7], "big") | data[position + 7] << 24
        if position + 11 + size + 4 > len(data):
            return
        yield type_id, timestamp, data[position + 11 : position + 11 + size]
        position += 11 + size + 4


def read(path):
    """All packets of a file, as far as they are complete."""
    return [describe(*tag) for tag in tags(path)]
