-- USD for one unit of each currency, from the newest reference rate known tonight: the ECB's own
-- before the bundled copy. Rates quote a base currency; the base's own USD rate makes the cross.
with rates as (
    select * from {{ ref('hist_fx_rate') }}
    where valid_to is null and rate_date <= {{ cost_date() }}
),

latest as (
    select *
    from rates
    qualify row_number() over (
        partition by base_currency, quote_currency
        order by rate_date desc, source = 'ecb_rates' desc, source
    ) = 1
),

per_base as (
    select
        base_currency,
        rate as usd_per_base,
        rate_date as usd_rate_date
    from latest
    where quote_currency = 'USD'
),

crosses as (
    select
        latest.quote_currency as currency,
        coalesce(per_base.usd_per_base, 1) / latest.rate as usd_per_unit,
        latest.rate_date as fx_date,
        latest.source as fx_source
    from latest
    left join per_base using (base_currency)
    where latest.base_currency = 'USD' or per_base.base_currency is not null
),

bases as (
    select
        per_base.base_currency as currency,
        per_base.usd_per_base as usd_per_unit,
        per_base.usd_rate_date as fx_date,
        latest.source as fx_source
    from per_base
    inner join latest on per_base.base_currency = latest.base_currency and latest.quote_currency = 'USD'
),

dollar as (
    select
        'USD' as currency,
        1.0 as usd_per_unit,
        {{ cost_date() }} as fx_date,
        'identity' as fx_source
),

final as (
    select * from crosses where currency <> 'USD'
    union all by name
    select * from bases where currency <> 'USD'
    union all by name
    select * from dollar
)

select
    currency,
    usd_per_unit::double as usd_per_unit,
    fx_date,
    fx_source
from final
qualify row_number() over (partition by currency order by fx_date desc, fx_source asc) = 1
