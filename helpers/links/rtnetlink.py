"""Encodes the requests that join a host to the wire: link, address, route. rtnetlink(7).

Rule of this file: pure; values in, bytes out. Six short messages, and no library: to import
one that has them takes longer than the whole lab. A test reads them with pyroute2.

Sources: linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/veth.h.
"""

from __future__ import annotations

import socket
import struct

_REQUEST, _REQUEST_ACK, _CREATE, _REPLACE = 0x1, 0x5, 0x600, 0x500
_NEWLINK, _GETLINK, _SETLINK, _NEWADDR, _NEWROUTE = 16, 18, 19, 20, 24
_IFF_UP, _IFA_F_NODAD, _ADDR_GEN_NONE = 0x1, 0x02, 1
_IF_OPER_UP = 6  # linux/if.h
_TABLE_MAIN, _PROTO_STATIC, _SCOPE_LINK, _UNICAST = 254, 4, 253, 1
# Attributes: IFLA_…, IFLA_INFO_…, VETH_INFO_PEER, IFLA_INET6_…, IFA_…, RTA_…, RTAX_….
_LINK_ADDRESS, _IFNAME, _OPERSTATE, _LINKINFO, _AF_SPEC, _NET_NS_FD = 1, 3, 16, 18, 26, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER, _ADDR_GEN_MODE = 1, 2, 1, 8
_ADDRESS, _LOCAL = 1, 2
_OIF, _METRICS, _TABLE, _LOCK, _RTO_MIN, _QUICKACK = 4, 8, 15, 1, 13, 15


def veth(name: str, peer: str, mac: bytes, namespace_fd: int) -> bytes:
    """Make a pair of devices: ``name`` here, ``peer`` in another namespace."""
    there = _link(0, 0) + _text(_IFNAME, peer) + _attr(_LINK_ADDRESS, mac)
    there += _attr(_NET_NS_FD, _u32(namespace_fd))
    info = _text(_INFO_KIND, "veth") + _attr(_INFO_DATA, _attr(_VETH_PEER, there))
    return _message(_NEWLINK, _CREATE, _link(0, 0) + _text(_IFNAME, name) + _attr(_LINKINFO, info))


def quiet_ipv6(device: int) -> bytes:
    """No link-local address, hence no router solicitation and no multicast report."""
    mode = _attr(_ADDR_GEN_MODE, bytes([_ADDR_GEN_NONE]))
    spec = _attr(_AF_SPEC, _attr(socket.AF_INET6, mode))
    return _message(_SETLINK, 0, _link(device, 0) + spec)


def up(device: int, flags: int) -> bytes:
    """Let the device work, with these flags of netdevice(7) besides."""
    return _message(_SETLINK, 0, _link(device, _IFF_UP | flags))


def link(device: int) -> bytes:
    """What is the device like? ``is_up`` reads the answer."""
    return struct.pack("=IHHII", 32, _GETLINK, _REQUEST, 0, 0) + _link(device, 0)


def is_up(answer: bytes) -> bool:
    """Whether a device's operational state is up, by the answer to ``link``. RFC 2863."""
    at = 32
    while at + 4 < len(answer):
        length, kind = struct.unpack_from("=HH", answer, at)
        if kind == _OPERSTATE:
            return answer[at + 4] == _IF_OPER_UP
        at += max(4, (length + 3) & ~3)  # an error's text has zeros there
    return False


def address(device: int, text: str) -> bytes:
    """One more address, usable at once: no duplicate address detection."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    packed = socket.inet_pton(family, text)
    head = struct.pack("=BBBBI", family, len(packed) * 8, _IFA_F_NODAD, 0, device)
    local = _attr(_LOCAL, packed) if family == socket.AF_INET else b""
    return _message(_NEWADDR, _CREATE, head + local + _attr(_ADDRESS, packed))


def route(device: int, family: int, quickack: bool, rto_min: int) -> bytes:
    """Every address over this device; ``rto_min`` in milliseconds. The kernel heeds that one
    only if it is locked."""
    scope = _SCOPE_LINK if family == socket.AF_INET else 0
    head = struct.pack("=8BI", family, 0, 0, 0, _TABLE_MAIN, _PROTO_STATIC, scope, _UNICAST, 0)
    metrics = ((_LOCK, 1 << _RTO_MIN), (_QUICKACK, int(quickack)), (_RTO_MIN, rto_min))
    attrs = _attr(_OIF, _u32(device)) + _attr(_TABLE, _u32(_TABLE_MAIN))
    attrs += _attr(_METRICS, b"".join(_attr(kind, _u32(value)) for kind, value in metrics))
    return _message(_NEWROUTE, _REPLACE, head + attrs)


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, _REQUEST_ACK | flags, 0, 0) + body


def _link(device: int, flags: int) -> bytes:
    return struct.pack("=BxHiII", socket.AF_UNSPEC, 0, device, flags, flags)


def _attr(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _text(kind: int, text: str) -> bytes:
    return _attr(kind, text.encode() + b"\0")


def _u32(value: int) -> bytes:
    return struct.pack("=I", value)
