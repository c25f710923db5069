"""Sources of facts, one per file: fetch, parse, yield typed records.

A connector knows no warehouse, no Prefect and no settings: everything it needs comes in its
:class:`~connectors.ask.Ask`, and everything it found leaves in
:class:`~connectors.records.Partition` objects.
"""
