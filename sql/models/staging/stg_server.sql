-- Own servers; what a person was quoted stands in place of the table's price.
with servers as (
    select * from {{ ref('server') }}
),

facts as (
    select
        server,
        {{ widen(['max_power_w', 'idle_power_w', 'price_usd', 'scale_out_gbit_s', 'memory_gib'], intervals=true) }},
        max(as_of) filter (where attribute = 'price_usd') as price_as_of,
        max(source) filter (where attribute = 'price_usd') as price_source
    from {{ ref('server_fact') }}
    group by server
),

given as (
    select * from {{ source('landing', 'given_server') }}
),

final as (
    select
        servers.server,
        servers.name as server_name,
        servers.vendor,
        servers.accelerator,
        servers.accelerators,
        case when given.server is null then servers.price_quality else 'quoted' end as price_quality,
        facts.* exclude (server) replace (
            coalesce(given.price_usd, facts.price_usd) as price_usd,
            coalesce(given.price_usd_low, facts.price_usd_low) as price_usd_low,
            coalesce(given.price_usd_high, facts.price_usd_high) as price_usd_high,
            coalesce(given.quoted_on, facts.price_as_of) as price_as_of,
            if(given.server is null, facts.price_source, 'costwatt.toml') as price_source
        )
    from servers
    left join facts using (server)
    left join given using (server)
)

select * from final
