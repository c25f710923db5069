"""sparecores-crawler's own `insert_items` into the SQLite table that keeps the history of its prices."""

import sys
from datetime import UTC, datetime

from sc_crawler.insert import insert_items
from sc_crawler.tables import ServerPrice
from sqlmodel import Session, create_engine
from timing import told

ROWS, REGIONS = int(sys.argv[2]), 40
TERMS = ("ondemand", "reserved", "spot")
observed_at = datetime(2026, 9, 1, tzinfo=UTC)
items = [
    {
        "vendor_id": "aws",
        "region_id": f"region-{number % REGIONS}",
        "zone_id": f"region-{number % REGIONS}a",
        "server_id": f"c{number // REGIONS // len(TERMS)}.xlarge",
        "allocation": TERMS[number // REGIONS % len(TERMS)],
        "operating_system": "Linux",
        "unit": "hour",
        "price": 0.1 + number * 1e-4,
        "observed_at": observed_at,
    }
    for number in range(ROWS)
]
model = ServerPrice.get_scd()
engine = create_engine(f"sqlite:///{sys.argv[1]}")
model.__table__.create(engine)

with told() as result, Session(engine) as session:
    insert_items(model, items, session=session)
    session.commit()
with engine.connect() as connection:
    assert connection.exec_driver_sql(f"select count(*) from {model.__tablename__}").scalar() == ROWS
