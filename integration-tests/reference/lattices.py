"""The lattice points of the IQ1 to IQ3 schemes, packed one point to a 16-bit word.

    python lattices.py ../../djl-quant-engine/src/main/resources/org/djlquant/quant

The tables are facts of the file format, published in ggml and read from the gguf package here.
"""
import pathlib
import sys

import numpy as np
from gguf import GGMLQuantizationType, quants

for name in ["IQ1_S", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"]:
    scheme = quants._type_traits[GGMLQuantizationType[name]]
    scheme.init_grid()
    points = scheme.grid.reshape(scheme.grid_shape)
    levels = np.searchsorted(scheme.grid_map, points).astype(np.uint16)
    assert (np.array(scheme.grid_map)[levels] == points).all()
    dimension = points.shape[1]
    words = (levels << (np.arange(dimension, dtype=np.uint16) * (16 // dimension))).sum(axis=1)
    words.astype("<u2").tofile(pathlib.Path(sys.argv[1]) / f"{name}.bin")
