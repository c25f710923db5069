with nodes as (
    select * from {{ ref('node_type') }}
)

select
    provider,
    sku,
    accelerator,
    accelerators::double as accelerators_per_node,
    accelerator_fraction::double as accelerator_fraction,
    scale_out_gbit_s::double as scale_out_gbit_s,
    deployable
from nodes
