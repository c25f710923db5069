{# A table that is made anew each night: the old one goes and the new one comes in one transaction.

   dbt's own builds beside the old table, renames both, and asks for the columns before it comments on them: half a
   dozen statements and as many renderings of macros, which a night of a hundred small models pays with seconds. #}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
    {%- set old, made = load_cached_relation(this), this.incorporate(type="table") -%}
    {%- set drop_old = "drop " ~ old.type ~ " " ~ old ~ ";" if old else "" -%}
    {{ run_hooks(pre_hooks) }}
    {%- if model["language"] == "sql" %}
        {% call statement("main") -%}
            {{ drop_old }}
            {{ create_table_as(False, made, compiled_code) }}
        {%- endcall %}
    {%- else %}
        {#- it may read what it made last night, and writes past this transaction -#}
        {%- set beside = make_intermediate_relation(made) %}
        {% call statement("left_by_a_killed_night", auto_begin=False) -%}
            drop table if exists {{ beside }};
        {%- endcall %}
        {% call statement("main", language="python") -%}
            {{ create_table_as(False, beside, compiled_code, "python") }}
        {%- endcall %}
        {% call statement("swap") -%}
            {{ drop_old }}
            alter table {{ beside }} rename to {{ made.identifier }};
        {%- endcall %}
    {%- endif %}
    {% do persist_docs(made, model) %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({"relations": [made]}) }}
{% endmaterialization %}

{# All comments of a relation in one statement; a documented column that is not there is an error. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set columns = model.columns.items() if for_columns and config.persist_column_docs() else [] -%}
    {%- set comments -%}
        {%- if for_relation and config.persist_relation_docs() and model.description -%}
            {{ duckdb__alter_relation_comment(relation, model.description) }}
        {%- endif -%}
        {%- for name, column in columns if column.description %}
            comment on column {{ relation }}.{{ name }} is {{ duckdb_escape_comment(column.description) }};
        {%- endfor -%}
    {%- endset -%}
    {%- if comments | trim %}
        {% call statement("comments") %}{{ comments }}{% endcall %}
    {%- endif -%}
{%- endmacro %}
