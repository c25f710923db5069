-- Where a provider sells: its regions of the reference table, and those that appear in prices alone, as far as
-- the provider's own name for them tells the country. Such a region gets the row of its country: no state, and
-- the provider's usual PUE. A name that tells no country (eu-south-3, eastus4) gets no row.
{% set direction = '(north|south|east|west|central)*' %}
with known as (
    select * from {{ ref('stg_region') }}
),

countries as (
    select
        zones.*,
        lower(replace(zones.zone_name, ' ', '')) as joined_name
    from {{ ref('stg_tariff_zone') }} as zones
    where zones.tariff_zone = zones.country
),

priced as (
    select distinct
        prices.provider,
        prices.region
    from {{ ref('opt_instance_price') }} as prices
    left join known using (provider, region)
    where known.region is null
),

usual as (
    select
        provider,
        median(pue_ratio) as pue_ratio,
        min(pue_ratio_low) as pue_ratio_low,
        max(pue_ratio_high) as pue_ratio_high
    from known
    group by provider
),

-- AWS puts an ISO code in front of these regions alone: sa is South America, me the Middle East
located as (
    select
        priced.provider,
        priced.region,
        countries.*
    from priced
    inner join countries
        on
            case priced.provider
                when 'aws'
                    then
                        countries.country in ('CA', 'CN', 'IL', 'MX', 'US')
                        and starts_with(priced.region, lower(countries.country) || '-')
                when 'azure'
                    then
                        regexp_full_match(
                            priced.region, '{{ direction }}' || countries.joined_name || '{{ direction }}[0-9]*'
                        )
            end
),

unmapped as (
    select
        located.provider,
        located.region,
        'in no table of regions: country row of ' || located.country as region_name,
        located.country,
        located.tariff_zone,
        usual.pue_ratio,
        usual.pue_ratio_low,
        usual.pue_ratio_high,
        located.grid_gco2_per_kwh,
        located.grid_gco2_per_kwh_low,
        located.grid_gco2_per_kwh_high
    from located
    inner join usual using (provider)
),

final as (
    select
        *,
        true as is_mapped
    from known
    union all by name
    select
        *,
        false as is_mapped
    from unmapped
)

select * from final
