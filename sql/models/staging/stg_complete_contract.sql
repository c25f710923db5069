-- Tonight's complete answers about contracts of own sites: one that is not in them is over, while published tariffs
-- are observations that stay.
select * from {{ ref('stg_complete_partition') }}
where part_kind = 'site'
