"""What kind of cost each component of a day's cost is; read without numpy by what must answer at once."""

from typing import Final

#: hardware, software, labour, energy, network or tokens, by component, in the order of the bill.
COST_CLASS: Final = {
    "rental_usd": "hardware",
    "hardware_usd": "hardware",
    "energy_usd": "energy",
    "cooling_usd": "energy",
    "facility_usd": "hardware",
    "network_usd": "network",
    "storage_usd": "hardware",
    "software_usd": "software",
    "maintenance_usd": "hardware",
    "staff_usd": "labour",
    "tokens_usd": "tokens",
}
