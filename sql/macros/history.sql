{# Dated rows of what the sources said: valid_from is the night that first saw a value, valid_to the
   night that first saw another one (NULL: still valid).

   Repeating a night must change nothing, so the night's own work is undone first. #}
{% macro rewind_hooks() -%}
    {{ return([
        "{% if is_incremental() %}delete from {{ this }} where valid_from >= {{ cost_date() }}{% endif %}",
        "{% if is_incremental() %}update {{ this }} set valid_to = null where valid_to >= {{ cost_date() }}{% endif %}",
    ]) }}
{%- endmacro %}

{# Rows to merge tonight: open rows closed, where a complete answer says otherwise, and new rows opened.

   tonight: relation of tonight's accepted rows
   key: columns that name a row
   compared: columns whose change makes a new row
   partition: columns that name a partition; rows that a complete partition no longer has are closed
   complete: relation of tonight's complete partitions; none: rows are observations, never closed
             by their absence
   ranked: true where several sources tell the same: one of lower rank never replaces a better one #}
{% macro history_of(tonight, key, compared, partition=[], complete=none, ranked=false) -%}
    with open_rows as (
        {% if is_incremental() %}
            select * from {{ this }} where valid_to is null
        {% else %}
            select *, null::date as valid_from, null::date as valid_to from {{ tonight }} where false
        {% endif %}
    ),

    {% if ranked %}
    known_rank as (
        select {{ partition | join(', ') }}, min(source_rank) as known_rank from open_rows group by all
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

    unchanged as (
        select {{ key | map('string') | join(', ') }}
        from open_rows
        inner join tonight using ({{ key | join(', ') }})
        where {% for column in compared -%}
            open_rows.{{ column }} is not distinct from tonight.{{ column }}
            {%- if not loop.last %} and {% endif %}
        {%- endfor %}
    ),

    closing as (
        select open_rows.* replace ({{ cost_date() }} as valid_to)
        from open_rows
        anti join unchanged using ({{ key | join(', ') }})
        {% if complete is not none %}
        semi join answers using ({{ partition | join(', ') }})
        {% else %}
        semi join tonight using ({{ key | join(', ') }})
        {% endif %}
    ),

    opening as (
        select
            tonight.*,
            {{ cost_date() }} as valid_from,
            null::date as valid_to
        from tonight
        anti join unchanged using ({{ key | join(', ') }})
    ),

    final as (
        select * from closing
        union all by name
        select * from opening
    )

    select * from final
{%- endmacro %}
