"""Draws a trace. Every function takes axes, or makes them, and returns them."""

from helpers.figures.ladder import ladder

__all__ = ["ladder"]
