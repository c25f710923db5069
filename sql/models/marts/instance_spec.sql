-- What each provider says of its sizes tonight, region by region; a size that it does not describe has no row.
with specs as (
    select * from {{ ref('hist_instance_spec') }}
    where valid_to is null
),

answers as (
    select * from {{ ref('opt_answer') }} where record = 'instance_spec'
),

final as (
    select
        specs.provider,
        specs.region,
        specs.sku,
        specs.source,
        specs.accelerator_name,
        specs.zones,
        specs.available,
        specs.unavailable_reason,
        specs.vcpu::double as vcpu,
        specs.memory_gib::double as memory_gib,
        specs.accelerators::double as accelerators,
        specs.accelerator_memory_gib::double as accelerator_memory_gib,
        specs.interruption_band::integer as interruption_band,
        specs.source_url,
        specs.source_key,
        coalesce(answers.verified_on, specs.valid_from)::varchar as as_of,
        specs.valid_from
    from specs
    left join answers using (source, part_region, part_kind)
)

select * from final
order by provider, region, sku, source
