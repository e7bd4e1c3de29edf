"""Namespaces, links, addresses and settings: what hosts and wire are made of."""
