"""The regional CSV as SkyPilot's fetcher reads it: pandas.read_csv of the whole file, then its filters."""

import sys

import pandas as pd
from timing import told

WANTED = {"TermType": "OnDemand", "Operating System": "Linux", "CapacityStatus": "Used"}

with told() as result:
    table = pd.read_csv(sys.argv[1], skiprows=5, low_memory=False)
    kept = table["Pre Installed S/W"].isna() & table["Tenancy"].isin(["Host", "Shared"]) & (table["PricePerUnit"] > 0)
    for column, value in WANTED.items():
        kept &= table[column] == value
    result["rows"] = len(table[kept].set_index("Instance Type"))
