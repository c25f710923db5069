{{ config(severity='warn') }}
-- Priced sizes that node_type does not know: see the table alert.
select
    subject,
    message
from {{ ref('alert') }}
where alert in ('unmapped_size', 'unmapped_region')
