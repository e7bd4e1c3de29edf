"""The requests that join a host to the wire, as pyroute2 reads them."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from helpers.links import rtnetlink

MAC = bytes.fromhex("020000000001")


def read(kind: Any, data: bytes) -> Any:
    message = kind(data)
    message.decode()
    assert message["header"]["length"] == len(data)
    assert message["header"]["flags"] & 5 == 5  # a request that wants an answer
    return message


def test_a_pair_of_devices() -> None:
    link = read(ifinfmsg, rtnetlink.veth("server", "eth0", MAC, 7))
    assert link["header"]["type"] == 16 and link.get_attr("IFLA_IFNAME") == "server"
    info = link.get_attr("IFLA_LINKINFO")
    assert info.get_attr("IFLA_INFO_KIND") == "veth"
    peer = info.get_attr("IFLA_INFO_DATA").get_attr("VETH_INFO_PEER")
    assert peer.get_attr("IFLA_IFNAME") == "eth0"
    assert peer.get_attr("IFLA_ADDRESS") == "02:00:00:00:00:01"
    assert peer.get_attr("IFLA_NET_NS_FD") == 7


def test_a_device_without_addresses_of_its_own_and_up() -> None:
    link = read(ifinfmsg, rtnetlink.quiet_ipv6(9))
    spec = link.get_attr("IFLA_AF_SPEC").get_attr("AF_INET6")
    assert link["index"] == 9 and spec.get_attr("IFLA_INET6_ADDR_GEN_MODE") == 1
    link = read(ifinfmsg, rtnetlink.up(9, 0x80))
    assert (link["index"], link["flags"], link["change"]) == (9, 0x81, 0x81)


@pytest.mark.parametrize("text", ["192.0.2.1", "2001:db8::1"])
def test_an_address(text: str) -> None:
    message = read(ifaddrmsg, rtnetlink.address(9, text))
    assert message["prefixlen"] == (128 if ":" in text else 32)
    assert (message["index"], message["flags"]) == (9, 2)
    assert message.get_attr("IFA_ADDRESS") == text
    assert message.get_attr("IFA_LOCAL") == (None if ":" in text else text)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_route(family: int) -> None:
    message = read(rtmsg, rtnetlink.route(9, family, True, 500))
    shown = [message[name] for name in ("family", "table", "proto", "type", "dst_len")]
    assert shown == [family, 254, 4, 1, 0]
    assert message["scope"] == (253 if family == socket.AF_INET else 0)
    metrics = message.get_attr("RTA_METRICS")
    assert message.get_attr("RTA_OIF") == 9
    assert metrics.get_attr("RTAX_QUICKACK") == 1 and metrics.get_attr("RTAX_RTO_MIN") == 500
    assert metrics.get_attr("RTAX_LOCK") == 1 << 13


def test_whether_a_device_is_up() -> None:
    """By loopback's answer, which says that its state is unknown, as pyroute2 reads it."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route:
        route.send(rtnetlink.link(1))
        answer = route.recv(1 << 15)
    told = ifinfmsg(answer)
    told.decode()
    assert told.get_attr("IFLA_IFNAME") == "lo" and told.get_attr("IFLA_OPERSTATE") == "UNKNOWN"
    assert not rtnetlink.is_up(answer)
    at = answer.index(bytes([5, 0, 16, 0]))  # rta_len and rta_type of IFLA_OPERSTATE
    assert rtnetlink.is_up(answer[: at + 4] + b"\6" + answer[at + 5 :])
    assert not rtnetlink.is_up(answer[:at])
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route:
        route.send(rtnetlink.link(987_654))  # no such device
        assert not rtnetlink.is_up(route.recv(1 << 15))
