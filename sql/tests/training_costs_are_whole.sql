-- A training run costs hours times price, inside its interval.
select
    model,
    accelerator,
    purchase_option,
    training_usd
from {{ ref('training_cost') }}
where
    training_usd <= 0
    or training_usd is null
    or training_usd not between training_usd_low and training_usd_high
    or abs(training_usd - accelerator_hours * paid_usd_per_accelerator_hour) > 1e-6 * training_usd
