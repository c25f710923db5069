-- Servers, those of the table and a person's own; what was quoted stands in place of the table's price.
with servers as (
    select * from {{ ref('server') }}
    union all by name
    select * from {{ source('landing', 'given_server') }}
),

facts as (
    select
        server,
        {{ widen(['max_power_w', 'idle_power_w', 'price_usd', 'scale_out_gbit_s', 'memory_gib'], intervals=true) }},
        max(as_of) filter (where attribute = 'price_usd') as price_as_of,
        max(source) filter (where attribute = 'price_usd') as price_source
    from {{ ref('stg_server_fact') }}
    group by server
),

final as (
    select
        servers.server,
        servers.name,
        servers.vendor,
        servers.accelerator,
        servers.accelerators,
        if(facts.price_source = 'costwatt.toml', 'quoted', servers.price_quality) as price_quality,
        facts.* exclude (server)
    from servers
    left join facts using (server)
)

select * from final
