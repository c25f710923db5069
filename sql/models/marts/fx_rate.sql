select
    currency,
    usd_per_unit,
    fx_date,
    fx_source
from {{ ref('opt_fx') }}
order by currency
