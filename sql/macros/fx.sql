{# USD for one unit of each currency on each day: the newest reference rate dated on or before it, of those known
   tonight; the ECB's own before the bundled copy. Rates quote a base currency; the base's own USD rate makes the
   cross. Columns rate_day, currency, usd_per_unit, fx_date and fx_source.

   days: relation with the column rate_day, each day once #}
{% macro usd_rates_on(days) -%}
    with quoted as (
        select *
        from {{ ref('hist_fx_rate') }}
        where valid_to is null
        qualify row_number() over (
            partition by base_currency, quote_currency, rate_date
            order by source = 'ecb_rates' desc, source
        ) = 1
    ),

    pairs as (
        select distinct
            days.rate_day,
            quoted.base_currency,
            quoted.quote_currency
        from {{ days }} as days
        cross join quoted
    ),

    latest as (
        select
            pairs.*,
            quoted.rate,
            quoted.rate_date,
            quoted.source
        from pairs
        asof inner join quoted
            on
                pairs.base_currency = quoted.base_currency
                and pairs.quote_currency = quoted.quote_currency
                and pairs.rate_day >= quoted.rate_date
    ),

    per_base as (
        select
            rate_day,
            base_currency,
            rate as usd_per_base,
            rate_date as usd_rate_date,
            source as usd_source
        from latest
        where quote_currency = 'USD'
    ),

    crosses as (
        select
            latest.rate_day,
            latest.quote_currency as currency,
            coalesce(per_base.usd_per_base, 1) / latest.rate as usd_per_unit,
            latest.rate_date as fx_date,
            latest.source as fx_source
        from latest
        left join per_base using (rate_day, base_currency)
        where latest.base_currency = 'USD' or per_base.base_currency is not null
    ),

    bases as (
        select
            rate_day,
            base_currency as currency,
            usd_per_base as usd_per_unit,
            usd_rate_date as fx_date,
            usd_source as fx_source
        from per_base
    ),

    dollar as (
        select
            rate_day,
            'USD' as currency,
            1.0 as usd_per_unit,
            rate_day as fx_date,
            'identity' as fx_source
        from {{ days }}
    ),

    rates as (
        select * from crosses where currency <> 'USD'
        union all by name
        select * from bases where currency <> 'USD'
        union all by name
        select * from dollar
    )

    select
        rate_day,
        currency,
        usd_per_unit::double as usd_per_unit,
        fx_date,
        fx_source
    from rates
    qualify row_number() over (partition by rate_day, currency order by fx_date desc, fx_source asc) = 1
{%- endmacro %}
