"""A lab's own sysctls, so that two runs of an experiment give the same text.

Rule of this file: what cannot be set is noted and done without; no setting is worth the wire.
"""

from __future__ import annotations

from helpers.links.netns import Keeper

# No tail loss probe, which fires after a few milliseconds on a held wire, no memory of earlier
# connections, and the kernel's own default buffers, whatever this machine was tuned to (a
# namespace inherits them, and windows show it). And so that nothing gives up while somebody
# thinks: what Linux lets end by itself lasts for an hour or more. (It fixes TIME-WAIT, at 60 s.)
SETTINGS = {
    "net.ipv4.tcp_early_retrans": "0",
    "net.ipv4.tcp_no_metrics_save": "1",
    "net.ipv4.tcp_syn_retries": "127",
    "net.ipv4.tcp_synack_retries": "127",
    "net.ipv4.tcp_retries2": "255",
    "net.ipv4.tcp_orphan_retries": "255",
    "net.ipv4.tcp_fin_timeout": "3600",
    "net.ipv4.tcp_rmem": "4096 131072 6291456",
    "net.ipv4.tcp_wmem": "4096 16384 4194304",
}
# What a namespace with a small connection table would otherwise make smaller.
_KEPT = ("net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_max_syn_backlog")


def settle(keeper: Keeper, namespace: int) -> list[str]:
    """Set them all in one namespace; returns a line for each that stays as it is."""
    wanted = {**SETTINGS, **{name: _machines(name) for name in _KEPT}}
    left = keeper.settle(namespace, wanted)
    return [
        f"{name} is not there ({why})"
        if kept is None
        else f"{name} stays {kept}, and not {wanted[name]} ({why})"
        for name, (why, kept) in left.items()
        if kept != wanted[name]
    ]


def _machines(name: str) -> str:
    try:
        return machine(name)
    except OSError:
        return ""


def machine(name: str) -> str:
    """One sysctl of the machine itself, as text. Raises the kernel's OSError."""
    with open("/proc/sys/" + name.replace(".", "/")) as file:
        return file.read().strip()
