-- Prices whose successor was refused: each is known since the last night that confirmed it (NULL: none did).
with held as (
    select
        record,
        source,
        region as part_region,
        kind as part_kind,
        key as price_key,
        cost_date
    from {{ source('gate', 'quarantine') }}
    where held
),

held_key as (
    select distinct * exclude (cost_date)
    from held
),

-- "unchanged" stands for the last whole answer, with what was refused in it
answered as (
    select
        record,
        source,
        region as part_region,
        kind as part_kind,
        cost_date,
        max(cost_date) filter (where status = 'complete')
            over (partition by record, source, region, kind order by cost_date) as whole_on
    from {{ ref('hist_partition') }}
    where status in ('complete', 'unchanged')
)

select
    held_key.*,
    max(answered.cost_date) filter (where held.cost_date is null) as confirmed_on
from held_key
inner join answered using (record, source, part_region, part_kind)
left join held
    on
        answered.whole_on = held.cost_date
        and held_key.record = held.record
        and held_key.source = held.source
        and held_key.price_key = held.price_key
group by all
