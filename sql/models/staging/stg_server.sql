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

final as (
    select
        servers.server,
        servers.name as server_name,
        servers.vendor,
        servers.accelerator,
        servers.accelerators,
        servers.price_quality,
        facts.* exclude (server)
    from servers
    left join facts using (server)
)

select * from final
