{# Views of the published file name their tables without a database, so that they work under whatever name
   a reader attaches the file: DuckDB resolves such names while `published` is the database in use. #}
{% macro duckdb__create_view_as(relation, sql) -%}
    {%- set portable = relation.database == 'published' -%}
    {%- if portable %}{% do run_query('use published') %}{% endif -%}
    {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
    create view {{ relation.include(database=not portable) }} as (
        {{ sql }}
    );
    {% if portable %}use {{ target.database }};{% endif %}
{%- endmacro %}
