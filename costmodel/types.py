"""Array types that the cost model shares."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Index: TypeAlias = NDArray[np.intp]
Texts: TypeAlias = NDArray[np.object_]
#: A scalar, or one value per row; rows broadcast.
Numbers: TypeAlias = float | Array
