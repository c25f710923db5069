{# One column triple per attribute of a long fact table: <attribute>, <attribute>_low, <attribute>_high. #}
{% macro widen(attributes, intervals=false) -%}
    {% for attribute in attributes %}
        max(value) filter (where attribute = '{{ attribute }}') as {{ attribute }}
        {%- if intervals %},
        max(low) filter (where attribute = '{{ attribute }}') as {{ attribute }}_low,
        max(high) filter (where attribute = '{{ attribute }}') as {{ attribute }}_high
        {%- endif %}
        {%- if not loop.last %},{% endif %}
    {% endfor %}
{%- endmacro %}

{# The night's date: a function of the warehouse that flows/dbt.py sets. A variable of dbt would do as
   well, but each new value makes dbt parse the whole project again. #}
{% macro cost_date() -%}
    warehouse.landing.cost_date()
{%- endmacro %}

{# First day of a date as the reference tables write it: "2026", "2026-09" and "2026-09-10" all name one. #}
{% macro first_day(as_of) -%}
    try_cast(rpad({{ as_of }}, 10, '-01-01') as date)
{%- endmacro %}

{# Kind of a way to run a service, from its deployment and purchase option. #}
{% macro option_kind() -%}
    case
        when deployment <> 'cloud' then deployment
        when purchase_option in ('on_demand', 'spot', 'mix') then purchase_option
        else 'committed'
    end
{%- endmacro %}

{# Price origins from the best, 1, to the worst; an unknown one is NULL, which counts for nothing. #}
{% macro origin_rank(origin) -%}
    list_position(['live', 'last_known', 'bundled'], {{ origin }})
{%- endmacro %}

{# The worst of these origins, each given by its rank. #}
{% macro worst_of_ranks(ranks) -%}
    (['live', 'last_known', 'bundled'])[greatest({{ ranks | join(', ') }})]
{%- endmacro %}

{% macro worst_origin(one, other) -%}
    {{ worst_of_ranks([origin_rank(one), origin_rank(other)]) }}
{%- endmacro %}

{# What a paid hour of a commitment costs with its prepayment financed over the term, at the capital's base value:
   costmodel.quantities.committed_usd_per_hour, by which it is billed, in SQL. An annuity with daily payments.

   Reads usd_per_hour (the prepayment spread over the hours in it), upfront_usd, term_hours, cost_of_capital_ratio. #}
{% macro financed_usd_per_hour() -%}
    case
        when upfront_usd > 0 and cost_of_capital_ratio > 0 then
            usd_per_hour - upfront_usd / term_hours
            + upfront_usd * (pow(1 + cost_of_capital_ratio, 1 / 365) - 1)
            / (1 - pow(1 + cost_of_capital_ratio, -term_hours / 8760)) / 24
        else usd_per_hour
    end
{%- endmacro %}

{# Of the bands of each tariff, that of a site that uses site_mwh_per_year: the largest that the use reaches,
   else the smallest (as costmodel.tariff.band_at). #}
{% macro is_band_of_site() -%}
    row_number() over (
        partition by tariff_zone, kind
        order by
            band_from_mwh_per_year <= site_mwh_per_year desc,
            abs(band_from_mwh_per_year - site_mwh_per_year),
            band
    ) = 1
{%- endmacro %}

{# Whether a retail price of electricity is used at all: beyond it a unit is mistaken (flows/given.py says it of sites). #}
{% macro is_believable(usd_per_kwh) -%}
    ({{ usd_per_kwh }} between 0.005 and 0.80)
{%- endmacro %}

{# Whether a discount of costwatt.toml, a row `given` of landing.given_discount, fits a price tonight. What has neither a
   purchase option nor a size (egress and disks) is fitted by a pattern of anything, and by no other.

   All are SQL: product is rent, tokens, egress or storage; a size is that of a node, or the provider's model. #}
{% macro discount_fits(product, provider, purchase_option="''", sku="''") -%}
    given.product in ({{ product }}, '*')
    and {{ provider }} glob given.provider
    and {{ purchase_option }} glob given.purchase_option
    and {{ sku }} glob given.sku
    and {{ cost_date() }} >= coalesce(given.valid_from, '-infinity'::date)
    and {{ cost_date() }} <= coalesce(given.valid_until, 'infinity'::date)
{%- endmacro %}

{# The largest of the discounts that fit a price, as a share of its list price; NULL: none does. #}
{% macro discount_ratio(product, provider, purchase_option="''", sku="''") -%}
    (
        select max(given.discount_ratio)
        from {{ source('landing', 'given_discount') }} as given
        where {{ discount_fits(product, provider, purchase_option, sku) }}
    )
{%- endmacro %}

{# When a price was last confirmed: the joins that tell for the relation `prices`, and the date.

   record: as in hist_partition
   key: columns of the price's key, in the order of the gate #}
{% macro answers_about(record, key) -%}
    left join {{ ref('opt_answer') }} as answers
        on
            answers.record = '{{ record }}'
            and prices.source = answers.source
            and prices.part_region = answers.part_region
            and prices.part_kind = answers.part_kind
    left join {{ ref('opt_held') }} as held
        on
            held.record = '{{ record }}'
            and prices.source = held.source
            and prices.part_region = held.part_region
            and prices.part_kind = held.part_kind
            and concat_ws('/', prices.{{ key | join(', prices.') }}) = held.price_key
{%- endmacro %}

{% macro confirmed_on() -%}
    coalesce(if(held.source is null, answers.verified_on, held.confirmed_on), prices.valid_from)
{%- endmacro %}

{# A figure as a published reference table has it, of the relation `facts`. #}
{% macro figure_of_facts() -%}
    facts.attribute,
    facts.value::double as value,
    facts.low::double as low,
    facts.high::double as high,
    facts.unit,
    facts.source,
    facts.as_of::varchar as as_of
{%- endmacro %}

{# A published reference table: every figure of a thing with its interval, source and date, beside what names the thing.

   key: columns that name a thing; the tables <last of key> and <last of key>_fact hold it and its figures
   identity: columns of the former
   prefix: of both tables' names, `stg_` where costwatt.toml gives some of them #}
{% macro reference_table(key, identity, prefix='') -%}
    {%- set thing = prefix ~ key | last -%}
    select
        {%- for column in key %}
        facts.{{ column }},
        {%- endfor %}
        {%- for column in identity %}
        identity.{{ column }},
        {%- endfor %}
        {{ figure_of_facts() }}
    from {{ ref(thing ~ '_fact') }} as facts
    inner join {{ ref(thing) }} as identity using ({{ key | join(', ') }})
    order by {% for column in key %}facts.{{ column }}, {% endfor %}facts.attribute
{%- endmacro %}
