"""Plays one experiment in a lab, most in one of their own, and returns what was measured."""
