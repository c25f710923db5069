{# Keys that name more than one row: none, where each table has its grain.

   grains: columns that name a row, by table #}
{% macro repeated_keys(grains) -%}
    {% for table, grain in grains.items() %}
    select
        '{{ table }}' as table_name,
        concat_ws('/', {{ grain | join(', ') }}) as row_key,
        count(*) as row_count
    from {{ ref(table) }}
    group by {{ grain | join(', ') }}
    having count(*) > 1
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{%- endmacro %}
