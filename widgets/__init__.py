"""Panes that draw: values in, messages out."""
