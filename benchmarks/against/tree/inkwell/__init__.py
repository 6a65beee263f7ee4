"""Pages of text, laid out and searched; its speed is the same at every commit."""

from inkwell.edition import EDITION
from inkwell.pages import Index, split, text, wrap

__all__ = ["EDITION", "Index", "split", "text", "wrap"]
