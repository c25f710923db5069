with facts as (
    select
        model,
        attribute,
        value
    from {{ ref('model_fact') }}
),

models as (
    select
        model,
        model_type,
        architecture
    from {{ ref('model') }}
),

final as (
    select
        facts.*,
        models.model_type,
        models.architecture
    from facts
    inner join models using (model)
)

select * from final
