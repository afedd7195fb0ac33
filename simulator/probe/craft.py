"""Packets of any shape, which Node has no sockets for.

    craft.py send            one packet for each line of JSON on standard input, then a line `sent`
    craft.py put INTERFACE   the same, straight onto an interface: no routing looks at their addresses
    craft.py hear INTERFACE  the token of every such packet that arrives, a line each; the first line is `ready`

A packet ends with a magic and its token, so that later fragments can be told apart too.
"""
import json
import socket
import struct
import sys

MAGIC = b"\xc0\x4d"
TCP, UDP, ICMP, ICMPV6, FRAGMENT = 6, 17, 1, 58, 44
ETH_P_ALL = 3
ETHERNET = 14


def transport(packet):
    """The header of the upper layer. A later fragment has none: its payload begins with the same octets, so that who
    takes them for a header is found out."""
    proto = packet["proto"]
    ports = (packet.get("sport", 1024), packet.get("dport", 9))
    if proto == TCP:
        return struct.pack("!HHIIHHHH", *ports, 1, 0, 5 << 12 | packet.get("tcpFlags", 0), 512, 0, 0)
    if proto == UDP:
        return struct.pack("!HHHH", *ports, 8 + 6, 0)
    if proto in (ICMP, ICMPV6):
        return struct.pack("!BBHI", packet.get("icmpType", 8), packet.get("icmpCode", 0), 0, 0)
    return b""


def build(packet):
    body = transport(packet)
    header = 20 if packet["family"] == 4 else 40 + (8 if fragmented(packet) else 0)
    tail = MAGIC + struct.pack("!I", packet["token"])
    body += bytes(max(0, packet.get("length", 0) - header - len(body) - len(tail))) + tail
    return build4(packet, body) if packet["family"] == 4 else build6(packet, body)


def fragmented(packet):
    return packet.get("offset", 0) > 0 or packet.get("more", False)


def ttl(packet):
    return packet.get("ttl", 64)


def build4(packet, body):
    flags = (0x4000 if packet.get("df") else 0) | (0x2000 if packet.get("more") else 0) | packet.get("offset", 0)
    ends = socket.inet_aton(packet["src"]) + socket.inet_aton(packet["dst"])
    start = struct.pack("!BBHHHBBH", 0x45, packet.get("dscp", 0) << 2, 20 + len(body), 7, flags, ttl(packet), packet["proto"], 0)
    total = sum(struct.unpack("!10H", start + ends))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return start[:10] + struct.pack("!H", checksum) + ends + body


def build6(packet, body):
    proto = packet["proto"]
    if fragmented(packet):
        place = packet.get("offset", 0) << 3 | (1 if packet.get("more") else 0)
        body = struct.pack("!BBHI", proto, 0, place, 7) + body
        proto = FRAGMENT
    first = 6 << 28 | packet.get("dscp", 0) << 22 | packet.get("flowLabel", 0)
    ends = socket.inet_pton(socket.AF_INET6, packet["src"]) + socket.inet_pton(socket.AF_INET6, packet["dst"])
    return struct.pack("!IHBB", first, len(body), proto, ttl(packet)) + ends + body


def send():
    # header included; the kernel of IPv4 fills in what is zero, the checksum always
    sockets = {
        4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
        6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW),
    }
    each(lambda packet: sockets[packet["family"]].sendto(build(packet), (packet["dst"], 0)))


def put(interface):
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    frames.bind((interface, 0))
    types = {4: b"\x08\x00", 6: b"\x86\xdd"}
    each(lambda packet: frames.send(bytes(12) + types[packet["family"]] + build(packet)))


def each(work):
    for line in sys.stdin:
        if line.strip() == "":
            print("sent", flush=True)
            continue
        work(json.loads(line))


def hear(interface):
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    heard.bind((interface, 0))
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    print("ready", flush=True)
    while True:
        frame, sender = heard.recvfrom(4096)
        outgoing = sender[2] == socket.PACKET_OUTGOING
        if not outgoing and len(frame) > ETHERNET + 6 and frame[-6:-4] == MAGIC:
            print(struct.unpack("!I", frame[-4:])[0], flush=True)


if sys.argv[1] == "send":
    send()
elif sys.argv[1] == "put":
    put(sys.argv[2])
else:
    hear(sys.argv[2])
