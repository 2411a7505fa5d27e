#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what is counted of public captures against what tshark reads in them.

tshark says of each frame the innermost IP header of its tunnels (not that which an
ICMP error quotes), the protocol behind it and the IP length. Frames that it reads
without complaint, behind layers that are followed here, must be counted, protocol
by protocol, packets and bytes; a fragment counts with the protocol whose first fragment
came within the 30 s before it; frames that it reads with reservations (malformed,
cut short, behind what is not followed) may be counted or dropped, and then the drops
must have names enough.

usage: captures_test.py CAPTURE_COUNTS FOLDER
"""

import collections
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys

SKIP = 77
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
EXTENSIONS = {"ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah"}
LINK_LAYERS = {"eth", "ethertype", "vlan", "ieee8021ad", "sll", "raw", "null", "nflog", "mpls",
               "pppoes", "ppp"}
UDP_TUNNELS = {"vxlan", "geneve", "gtp", "teredo"}
# Where the two differ on what is a tunnel.
NOT_COMPARED = {
    "095_bigtcp-ipv6-vxlan-ipv6.pcap": "a UDP length of 0, behind which tshark does not look",
}
INNER_LAYERS = LINK_LAYERS | {"erspan", "gre"}
LINK_BYTES = {"eth": 14, "sll": 16, "raw": 0, "null": 4}
FIELDS = ["frame.protocols", "ip.len", "ipv6.plen", "frame.len", "frame.cap_len", "ip.hdr_len",
          "ip.flags.mf", "tcp.hdr_len", "udp.length"]
# What tells fragments of one datagram, of frames with one IP header.
FRAGMENT_FIELDS = ["frame.time_epoch", "ip.src", "ip.dst", "ip.proto", "ip.id", "ip.frag_offset",
                   "ipv6.src", "ipv6.dst", "ipv6.fraghdr.ident", "ipv6.fraghdr.offset",
                   "ipv6.fraghdr.more"]
FRAGMENT_SECONDS = 30


def lengths_agree(columns, link, ip_bytes):
    """Whether the lengths that a frame's headers state fit into each other: tshark
    reads on where they do not."""
    _, _, _, frame_len, _, ip_header, more_fragments, tcp_header, udp_len = columns
    room = ip_bytes - int(ip_header or 40)
    if ip_bytes + LINK_BYTES.get(link, 0) > int(frame_len) or room < 0:
        return False
    if more_fragments in ("1", "True"):
        return room >= 20
    return int(tcp_header or 20) in range(20, max(room, 20) + 1) and int(udp_len or 0) <= room


def after_extensions(names, at):
    """The place of what follows the IP header at `at`."""
    at += 1
    while at < len(names) and names[at] in EXTENSIONS:
        at += 1
    return at


def innermost(names):
    """The place of the innermost IP header, or None."""
    at = next((i for i, name in enumerate(names) if name in ("ip", "ipv6")), None)
    while at is not None:
        inside = after_extensions(names, at)
        if names[inside : inside + 1] == ["udp"]:
            if inside + 1 >= len(names) or names[inside + 1] not in UDP_TUNNELS:
                return at
            inside += 2
        while inside < len(names) and names[inside] in INNER_LAYERS:
            inside += 1
        if inside >= len(names) or names[inside] not in ("ip", "ipv6"):
            return at
        at = inside
    return at


def only(value, names, at, name):
    """Of the values that tshark gives for each `name` in a frame, that of the one at `at`."""
    values = value.split(",")
    place = names[:at].count(name)
    is_there = at < len(names) and names[at] == name and place < len(values)
    return values[place] if is_there else ""


def read_frame(columns):
    """(protocol number or None, IP bytes, without complaint) of one frame."""
    layers, ip_len, plen, frame_len, cap_len, ip_header, more, tcp_header, udp_len = columns
    names = layers.split(":")
    at = innermost(names)
    if at is None:
        return None, 0, True
    after = after_extensions(names, at)
    ip_len, ip_header, more = (only(v, names, at, "ip") for v in (ip_len, ip_header, more))
    plen = only(plen, names, at, "ipv6")
    ip_bytes = int(ip_len or 0) if names[at] == "ip" else 40 + int(plen or 0)
    inner = [layers, ip_len, plen, frame_len, cap_len, ip_header, more,
             only(tcp_header, names, after, "tcp"), only(udp_len, names, after, "udp")]
    followed = INNER_LAYERS | UDP_TUNNELS | EXTENSIONS | {"ip", "ipv6", "udp"}
    is_clean = (
        all(name in followed for name in names[:at])
        and names[:at].count("vlan") + names[:at].count("ieee8021ad") <= 3
        and not any(name.startswith("_ws") or name in ("nsh", "arp") for name in names)
        and frame_len == cap_len
        # 0 stands for "see the frame": neither side is held to how long that is.
        and ip_bytes not in (0, 40)
        and lengths_agree(inner, names[0], ip_bytes)
    )
    protocol = PROTOCOLS.get(names[after]) if after < len(names) else None
    return protocol, ip_bytes, is_clean


def tshark(capture):
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "occurrence=a",
               "-d", "udp.port==8472,vxlan", "-E", "separator=/t",
               "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE",
               "-o", "tcp.desegment_tcp_streams:FALSE"]
    fields = FIELDS + FRAGMENT_FIELDS
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    return [(line.split("\t") + [""] * len(fields))[: len(fields)] for line in lines]


def fragment_of(columns):
    """(time, identity of the datagram, is the first) of a fragment, else None."""
    more = columns[FIELDS.index("ip.flags.mf")]
    (time, source, destination, protocol, number, offset, source6, destination6, number6, offset6,
     more6) = columns[len(FIELDS):]
    if "," in source + source6 or (source and source6):
        return None
    if source and (more in ("1", "True") or int(offset) != 0):
        return float(time), (source, destination, protocol, number), int(offset) == 0
    if number6 and (more6 in ("1", "True") or int(offset6) != 0):
        return float(time), (source6, destination6, number6), int(offset6) == 0
    return None


def read_frames(capture):
    """All frames of a capture; later fragments are what their first one was."""
    frames, first_ones = [], {}
    for columns in tshark(capture):
        frame = read_frame(columns[: len(FIELDS)])
        fragment = fragment_of(columns)
        if fragment is not None:
            time, name, is_first = fragment
            protocol, ip_bytes, is_clean = frame
            if is_first and protocol is not None:
                first_ones[name] = (time, protocol, is_clean)
            elif not is_first and name in first_ones:
                first_time, protocol, is_first_clean = first_ones[name]
                if abs(time - first_time) <= FRAGMENT_SECONDS:
                    frame = (protocol, ip_bytes, is_clean and is_first_clean)
        frames.append(frame)
    return frames


def ours(program, capture):
    done = subprocess.run([program, str(capture)], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        sys.exit(f"{capture.name}: {program} ended with {done.returncode}")
    counted, dropped, received = {}, {}, 0
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "counted":
            counted[int(words[1])] = (int(words[2]), int(words[3]))
        elif words[0] == "dropped":
            dropped[words[1]] = int(words[2])
        else:
            received = int(words[1])
    return counted, dropped, received


def compare(capture, frames, counted, dropped, received):
    """What does not fit, one line each."""
    faults = []
    if received != len(frames):
        faults.append(f"received {received} packets, tshark read {len(frames)}")
    least, most = collections.Counter(), collections.Counter()
    least_bytes, most_bytes = collections.Counter(), collections.Counter()
    for protocol, ip_bytes, is_clean in frames:
        most[protocol] += 1
        most_bytes[protocol] += ip_bytes
        if is_clean:
            least[protocol] += 1
            least_bytes[protocol] += ip_bytes
    for protocol in PROTOCOLS.values():
        packets, byte_count = counted.get(protocol, (0, 0))
        if not least[protocol] <= packets <= most[protocol]:
            faults.append(f"protocol {protocol}: {packets} packets,"
                          f" tshark has {least[protocol]} to {most[protocol]}")
        if packets == least[protocol] == most[protocol] and byte_count != most_bytes[protocol]:
            faults.append(f"protocol {protocol}: {byte_count} bytes,"
                          f" tshark has {most_bytes[protocol]}")
        if packets < most[protocol] and byte_count < least_bytes[protocol]:
            faults.append(f"protocol {protocol}: {byte_count} bytes,"
                          f" tshark has {least_bytes[protocol]} at least")
    missing = sum(most[p] - counted.get(p, (0, 0))[0] for p in PROTOCOLS.values())
    if missing > sum(dropped.values()):
        faults.append(f"{missing} packets are missing, named drops: {dropped}")
    return [f"{capture.name}: {fault}" for fault in faults]


def examine(program, capture):
    result = ours(program, capture)
    frames = [] if result is None else read_frames(capture)
    return result, frames


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if shutil.which("tshark") is None:
        print("skipped: tshark is not installed")
        return SKIP
    if not folder.is_dir():
        print(f"skipped: there is no {folder}")
        return SKIP
    faults, compared, exact, packets = [], 0, 0, 0
    captures = sorted(folder.iterdir())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda capture: examine(program, capture), captures))
    for capture, (result, frames) in zip(captures, results):
        if result is None or capture.name in NOT_COMPARED:
            continue
        faults += compare(capture, frames, *result)
        compared += 1
        packets += len(frames)
        exact += all(is_clean for protocol, _, is_clean in frames if protocol)
    print("\n".join(faults))
    print(f"{compared} captures, {packets} packets, {exact} captures to the byte:"
          f" {len(faults)} faults")
    return 1 if faults or compared == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
