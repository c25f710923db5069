"""llm-analysis' own `infer`, called once per configuration as its readme does; nothing is asked of any hub."""

import contextlib
import itertools
import logging
import sys

from llm_analysis.analysis import infer
from llm_analysis.config import gpu_configs
from timing import told

logging.disable(logging.CRITICAL)
CALLS = int(sys.argv[1])
grid = itertools.product(sorted(gpu_configs), (1, 2, 4, 8), range(1, 17), (512, 1024))

served = 0

with told() as result:
    for gpu, tensor_parallel, batch, seq_len in itertools.islice(grid, CALLS):
        with contextlib.suppress(AssertionError):  # how it says that a batch does not fit
            infer(
                model_name="facebook_opt-13b",
                gpu_name=gpu,
                dtype_name="w16a16e16",
                log_level="CRITICAL",
                batch_size_per_gpu=batch,
                tp_size=tensor_parallel,
                seq_len=seq_len,
                num_tokens_to_generate=211,
                flops_efficiency=0.5,
                hbm_memory_efficiency=0.6,
                cost_per_gpu_hour=2.0,
            )
            served += 1
    result |= {"rows": CALLS, "served": served}
