-- What every source answered tonight, and when it last answered.
with tonight as (
    select * from {{ ref('stg_partition') }}
),

answers as (
    select
        source,
        record,
        region,
        kind,
        max(cost_date) as last_complete_on,
        arg_max(as_of, cost_date) as last_as_of
    from {{ ref('hist_partition') }}
    where status in ('complete', 'unchanged')
    group by all
),

-- A part that failed names no kind: it last answered when any of its kinds did. Some sources have a part for each kind
-- of price, and one that failed before it had parts names no region.
last_answer as (
    select
        tonight.source,
        tonight.record,
        tonight.region,
        tonight.kind,
        max(answers.last_complete_on) as last_complete_on,
        arg_max(answers.last_as_of, answers.last_complete_on) as last_as_of
    from tonight
    inner join answers
        on
            tonight.source = answers.source
            and (
                (tonight.kind = '' and tonight.region in (answers.region, answers.kind, 'all'))
                or (
                    tonight.record = answers.record
                    and tonight.region = answers.region
                    and tonight.kind = answers.kind
                )
            )
    group by all
),

final as (
    select
        tonight.cost_date,
        tonight.source,
        tonight.record,
        tonight.region,
        tonight.kind,
        tonight.status,
        case
            when tonight.source in ('bundled_prices', 'bundled_rates', 'bundled_token_prices', 'static_tariffs')
                then 'bundled'
            when tonight.status in ('complete', 'unchanged') then 'live'
            when last_answer.last_complete_on is not null then 'last_known'
        end as origin,
        tonight.landed_rows,
        tonight.accepted_rows,
        tonight.landed_rows - tonight.accepted_rows + tonight.rejected_rows as quarantined_rows,
        tonight.dropped as dropped_by_reason,
        -- an answer that nothing changed is of the data of the one before it
        if(tonight.status = 'unchanged', last_answer.last_as_of, tonight.as_of) as as_of,
        last_answer.last_complete_on,
        {{ cost_date() }} - last_answer.last_complete_on as age_days,
        tonight.source_version,
        tonight.source_url,
        tonight.message,
        tonight.duration_s
    from tonight
    left join last_answer using (source, record, region, kind)
)

select * from final
order by source, record, region, kind
