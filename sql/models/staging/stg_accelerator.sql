with accelerators as (
    select * from {{ ref('accelerator') }}
),

facts as (
    select
        accelerator,
        {{ widen(['bf16_dense_tflops', 'fp8_dense_tflops', 'int8_dense_tops', 'fp4_dense_tflops', 'memory_gb',
                  'memory_bandwidth_gb_s', 'tdp_w', 'idle_w', 'scale_up_gb_s']) }}
    from {{ ref('accelerator_fact') }}
    group by accelerator
),

final as (
    select
        accelerators.accelerator,
        accelerators.name as accelerator_name,
        accelerators.vendor,
        accelerators.kind,
        accelerators.family,
        facts.* exclude (accelerator)
    from accelerators
    left join facts using (accelerator)
)

select * from final
