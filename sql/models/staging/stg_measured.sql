-- Own measurements of costwatt.toml, which override the physics.
select
    model,
    accelerator,
    precision,
    accelerators as measured_accelerators,
    input_tokens as measured_input_tokens,
    output_tokens as measured_output_tokens,
    output_tok_s as measured_output_tok_s,
    itl_ms as measured_itl_ms,
    group_w as measured_group_w
from {{ source('landing', 'given_measured') }}
