-- Figures of servers; what costwatt.toml gives stands in place of the table's, or beside it.
with given as (
    select * from {{ source('landing', 'given_server_fact') }}
),

final as (
    select * from {{ ref('server_fact') }}
    where (server, attribute) not in (select (given.server, given.attribute) from given)
    union all by name
    select
        given.*,
        'costwatt.toml' as source
    from given
)

select * from final
