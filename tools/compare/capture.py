# SPDX-License-Identifier: Apache-2.0
"""Writes a capture whose packets and flows are known by construction.

IMIX of 60, 590 and 1514 bytes, 7 to 4 to 1; half of the flows TCP, half UDP, both ways; every
flow between a pair of hosts of its own, whose addresses are scattered lest a meter's hash meets
a pattern. One packet a microsecond: no timeout ends a flow. Equal arguments give equal bytes.
"""

import array
import random
import struct

MAGIC = 0xa1b2c3d4
ETHERNET = 1
START_S = 1_700_000_000
FRAME_BYTES = (60,) * 7 + (590,) * 4 + (1514,)
ETHERNET_HEADERS = (bytes.fromhex("020000000002020000000001" "0800"),
                   bytes.fromhex("020000000001020000000002" "0800"))
# Of nobody: no meter is to spend its time on a protocol above the transport.
SERVER_PORT = 31000
TCP, UDP = 6, 17
SYN, SYN_ACK, PUSH_ACK = 0x02, 0x12, 0x18
FLUSH_BYTES = 1 << 20


def checksum(header):
    """Of an IPv4 header whose checksum is 0 (RFC 1071)."""
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def network_header(flow, backward, frame_bytes):
    """Ethernet and IPv4. A TCP segment in the least frame is empty, the rest padding."""
    protocol = TCP if flow % 2 else UDP
    total = 40 if protocol == TCP and frame_bytes == 60 else frame_bytes - 14
    # Odd factors: a permutation of 24 bits, so that no two flows share both addresses.
    client = struct.pack("!I", 0x0a000000 | flow * 0x9e3779 & 0xffffff)
    server = struct.pack("!I", 0xac100000 | (flow * 0x85ebca6b & 0xffffffff) >> 12)
    source, target = (server, client) if backward else (client, server)
    fields = struct.pack("!BBHHHBBH", 0x45, 0, total, 0, 0x4000, 64, protocol, 0)
    value = checksum(fields + source + target)
    return ETHERNET_HEADERS[backward] + fields[:-2] + struct.pack("!H", value) + source + target


class Flows:
    """Both directions of every flow: its headers, and where its TCP sequences are."""

    def __init__(self, count):
        self.headers = {}
        self.packets = array.array("Q", bytes(8 * count))
        self.sequences = array.array("I", b"\1\0\0\0" * (2 * count))

    def frame_headers(self, flow, backward, frame_bytes):
        """The bytes before the payload of this flow's next packet."""
        key = (flow, backward, frame_bytes)
        network = self.headers.get(key)
        if network is None:
            network = self.headers[key] = network_header(*key)
        client_port = 32768 | flow * 0x9e37 & 0x3fff
        ports = (SERVER_PORT, client_port) if backward else (client_port, SERVER_PORT)
        seen = self.packets[flow]
        self.packets[flow] = seen + 1
        if not flow % 2:
            return network + struct.pack("!HHHH", *ports, frame_bytes - 34, 0)
        flags = (SYN, SYN_ACK)[seen] if seen < 2 else PUSH_ACK
        mine, theirs = 2 * flow + backward, 2 * flow + 1 - backward
        sequence = self.sequences[mine]
        acknowledged = 0 if flags == SYN else self.sequences[theirs]
        sent = 1 if seen < 2 else 0 if frame_bytes == 60 else frame_bytes - 54
        self.sequences[mine] = (sequence + sent) & 0xffffffff
        return network + struct.pack("!HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags,
                                     0xffff, 0, 0)


def write(path, packet_count, flow_count):
    """A classic pcap; at most 2^24 flows."""
    draw = random.Random(1)
    payload = draw.randbytes(1514)
    flows = Flows(flow_count)
    with open(path, "wb") as file:
        chunk = bytearray(struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, 65535, ETHERNET))
        for i in range(packet_count):
            drawn = draw.getrandbits(48)
            flow = (drawn >> 16) * flow_count >> 32
            seen = flows.packets[flow]
            # The first two packets of a flow are one of each direction: a handshake.
            backward = seen if seen < 2 else drawn & 1
            size = 60 if seen < 2 else FRAME_BYTES[(drawn & 0xffff) * 12 >> 16]
            headers = flows.frame_headers(flow, backward, size)
            chunk += struct.pack("<IIII", START_S + i // 1_000_000, i % 1_000_000, size, size)
            chunk += headers
            chunk += payload[:size - len(headers)]
            if len(chunk) > FLUSH_BYTES:
                file.write(chunk)
                chunk.clear()
        file.write(chunk)
