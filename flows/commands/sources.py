"""``costwatt sources``: the state of each source."""

from __future__ import annotations

from flows.commands.options import Form
from flows.published import fetched, run_sql
from flows.render import Format, emit
from flows.settings import load_settings


def sources(form: Form = Format.table) -> None:
    """The state of each source.

    What it answered last night, how old its figures are, and why it did not answer.
    """
    with run_sql(
        load_settings().paths,
        "select source, string_agg(distinct status, '+' order by status) as status,"
        " sum(accepted_rows)::bigint as rows, sum(quarantined_rows)::bigint as quarantined,"
        " max(as_of) as as_of, max(last_complete_on)::varchar as last_answer, max(age_days) as age_days,"
        " coalesce(max(message), '') as message"
        " from source_status group by source order by source",
    ) as (names, result):
        emit(names, fetched(result), form)
