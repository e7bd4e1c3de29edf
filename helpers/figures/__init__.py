"""Draws what a run recorded. Every function takes axes, or makes them, and returns them."""
