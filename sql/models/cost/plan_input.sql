-- Serving plans, keyed by one name of their node's shape: its figures may be unknown.
{{ config(materialized='view') }}

select
    * exclude (support),
    concat_ws(
        '/', accelerator, accelerators_per_node, accelerator_fraction, coalesce(scale_out_gbit_s::varchar, '-'),
        coalesce(server_max_power_w::varchar, '-'), coalesce(server_idle_power_w::varchar, '-')
    ) as node_shape
from {{ ref('serving_plan') }}
