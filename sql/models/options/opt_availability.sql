-- Whether a size can be had in a region, as the provider's own API says with credentials, and how often
-- spot is interrupted there. Silence is no refusal: a size that no answer names stays unknown.
with specs as (
    select * from {{ ref('hist_instance_spec') }}
    where valid_to is null
),

final as (
    select
        provider,
        region,
        sku,
        bool_and(available) filter (where source <> 'aws_spot_advisor') as available,
        max(unavailable_reason) filter (where not available) as unavailable_reason,
        max(interruption_band)::integer as interruption_band
    from specs
    group by all
)

select * from final
