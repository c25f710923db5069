{{ config(alias='node_type') }}

select
    provider,
    sku,
    family_name,
    accelerator,
    accelerators::double as accelerators_per_node,
    accelerator_fraction::double as accelerator_fraction,
    vcpu::double as vcpu,
    memory_gib::double as memory_gib,
    scale_out_gbit_s::double as scale_out_gbit_s,
    deployable,
    source,
    as_of::varchar as as_of
from {{ ref('node_type') }}
order by provider, sku
