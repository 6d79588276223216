"""PROXY protocol headers by hand (HAProxy's specification, sections 2.1 and 2.2)."""

import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
STREAM_V4, STREAM_V6, DATAGRAM_V4, STREAM_UNIX, UNSPECIFIED = 0x11, 0x21, 0x12, 0x31, 0x00
LOCAL, PROXY = 0x20, 0x21
HERE = {4: "198.51.100.7", 6: "2001:db8:7::7"}


def v1(source, port=56324):
    """The line that announces an address."""
    version = ipaddress.ip_address(source).version
    return f"PROXY TCP{version} {source} {HERE[version]} {port} 443\r\n".encode()


def v2(source=None, command=PROXY, family=None, extensions=b"", block=None, length=None):
    """The block that announces an address; `block` and `length` replace what would be right."""
    if source is not None:
        address = ipaddress.ip_address(source)
        here = ipaddress.ip_address(HERE[address.version]).packed
        family = family if family is not None else {4: STREAM_V4, 6: STREAM_V6}[address.version]
        block = address.packed + here + struct.pack("!HH", 56324, 443)
    body = (block or b"") + extensions
    return SIGNATURE + struct.pack("!BBH", command, family or 0, len(body) if length is None else length) + body


def extension(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def with_checksum(source, change=0):
    """A block with the checksum extension, which `change` makes wrong."""
    empty = v2(source, extensions=extension(0x03, bytes(4)))
    return empty[:-4] + struct.pack("!I", crc32c(empty) ^ change)
