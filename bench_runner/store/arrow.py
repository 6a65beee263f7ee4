"""Makes arrow arrays of lists, and numpy's of those, where pyarrow by itself would import pandas (0.3 CPU-s)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def numbers(values: "Sequence[float] | np.ndarray[Any, Any]", kind: str) -> Any:
    """Return an arrow array of numbers of a kind such as "int32", all of them valid."""
    import numpy as np
    import pyarrow as pa

    made = np.array(values, dtype=kind)
    return pa.Array.from_buffers(pa.from_numpy_dtype(made.dtype), len(values), [None, pa.py_buffer(made)])


def words(values: Sequence[str]) -> Any:
    """Return an arrow array of words in which each is stored once."""
    import pyarrow as pa

    codes = {word: code for code, word in enumerate(dict.fromkeys(values))}
    return pa.DictionaryArray.from_arrays(numbers([codes[word] for word in values], "int32"), _strings(list(codes)))


def plain(array: Any) -> "np.ndarray[Any, Any]":
    """Return an arrow array of valid numbers as numpy's."""
    import numpy as np

    return np.from_dlpack(array)


def _strings(texts: Sequence[str]) -> Any:
    """Return an arrow array of strings."""
    import numpy as np
    import pyarrow as pa

    pieces = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, pieces)]).astype("int32")
    return pa.Array.from_buffers(pa.string(), len(pieces), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(pieces))])
