"""Isolated environments in which commits are built and measured."""
