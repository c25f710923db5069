"""The cost model: pure functions of arrays, with no I/O, no clock and no environment.

Facts of the world (hardware, models, coefficients, prices) arrive as arguments; the figures themselves live in
``sql/seeds``. Scalars broadcast against arrays everywhere.
"""

#: Changes with every change of a formula or coefficient; stands on every published row.
MODEL_VERSION = "2"
