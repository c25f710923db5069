{# Dated rows of what the sources said: valid_from is the night that first saw a value, valid_to the
   night that first saw another one (NULL: still valid). What the night itself recorded when it ran before
   is undone by flows/rewind.py before dbt begins.

   Rows to merge tonight: open rows closed, where an answer says otherwise, and new rows opened.

   An open row is closed where tonight has another value under its key, or where a complete answer
   about its partition does not have its key any more.

   tonight: relation of tonight's accepted rows
   key: columns that name a row
   compared: columns whose change makes a new row; empty: all but the key
   partition: columns that name a partition
   complete: relation of tonight's complete partitions; none: rows are observations, never closed
             by their absence
   held: relation of keys whose row of tonight was refused: refused is not gone
   whole: true where tonight has every row that is valid: a row not in it is gone
   ranked: true where several sources tell the same: one of lower rank never replaces a better one #}
{% macro history_of(tonight, key, compared=[], partition=[], complete=none, held=none, whole=false, ranked=false) -%}
    {%- set lacking = [] -%}
    {% if execute and not compared -%}
        {%- set columns = adapter.get_columns_in_relation(tonight) | map(attribute='name') | list -%}
        {%- set compared = columns | reject('in', key) | list -%}
        {#- what another version of the project wrote may lack a column: its rows do not know it -#}
        {%- if is_incremental() -%}
            {%- set known = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
            {%- set lacking = columns | reject('in', known) | list -%}
        {%- endif %}
    {%- endif %}
    {% if not is_incremental() -%}
    select
        *,
        {{ cost_date() }} as valid_from,
        null::date as valid_to
    from {{ tonight }}
    {%- else -%}
    with open_rows as not materialized (
        select * from {{ this }} where valid_to is null
    ),

    {% if ranked %}
    -- the best source that ever told of the partition, whether or not it has rows tonight
    known_rank as (
        select {{ partition | join(', ') }}, min(source_rank) as known_rank from {{ this }} group by all
    ),

    answers as (
        select answers.*
        from {{ complete }} as answers
        left join known_rank using ({{ partition | join(', ') }})
        where answers.source_rank <= coalesce(known_rank.known_rank, answers.source_rank)
    ),

    tonight as (
        select rows.* from {{ tonight }} as rows
        semi join answers using ({{ partition | join(', ') }}, source_rank)
    ),
    {% else %}
    tonight as (
        select * from {{ tonight }}
    ),

    {% if complete is not none %}
    answers as (
        select * from {{ complete }}
    ),
    {% endif %}
    {% endif %}

    opening as (
        select
            tonight.*,
            {{ cost_date() }} as valid_from,
            null::date as valid_to
        from tonight
        anti join open_rows
            on {% for column in key %}{{ 'and ' if not loop.first }}tonight.{{ column }} = open_rows.{{ column }}
            {% endfor %}
            {%- for column in compared %}
            and tonight.{{ column }} is not distinct from {{ 'null' if column in lacking else 'open_rows.' ~ column }}
            {%- endfor %}
    ),

    superseded as (
        select open_rows.* from open_rows
        semi join opening using ({{ key | join(', ') }})
    ),

    gone as (
        select open_rows.* from open_rows
        {% if complete is not none %}
        semi join answers using ({{ partition | join(', ') }})
        {% endif %}
        {% if held is not none %}
        anti join {{ held }} as held using ({{ key | join(', ') }})
        {% endif %}
        anti join tonight using ({{ key | join(', ') }})
        {% if complete is none and not whole %}
        where false
        {% endif %}
    ),

    final as (
        select * replace ({{ cost_date() }} as valid_to) from superseded
        union all by name
        select * replace ({{ cost_date() }} as valid_to) from gone
        union all by name
        select * from opening
    )

    select * from final
    {%- endif %}
{%- endmacro %}

{# How good a source of instance prices is, 1 the best: a price list as a file, one by query, a feed
   without documentation, our own dated table. #}
{% macro source_rank(source, quality) -%}
    case
        when {{ source }} = 'bundled_prices' then 4
        when {{ quality }} = 'undocumented' then 3
        when {{ source }} like '%\_query\_%' escape '\' then 2
        else 1
    end
{%- endmacro %}

{# Sources name the same kind of price each in their own words: savings_plan and savings, spot_feed and spot. #}
{% macro price_kind(part_kind) -%}
    coalesce(nullif(regexp_extract({{ part_kind }}, '^(on_demand|reserved|savings|spot)'), ''), {{ part_kind }})
{%- endmacro %}
