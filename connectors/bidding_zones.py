"""The zones that wholesale electricity is priced in, and the names that each source has for them.

Energy identification codes: ENTSO-E, area codes Y. Time zones: IANA; a zone's day is its local day.
"""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo


class BiddingZone(NamedTuple):
    """One European bidding zone: its clock and its energy identification code (EIC)."""

    time_zone: str
    eic: str

    @property
    def clock(self) -> ZoneInfo:
        """The zone's local time."""
        return ZoneInfo(self.time_zone)


EUROPE = {
    "AT": BiddingZone("Europe/Vienna", "10YAT-APG------L"),
    "BE": BiddingZone("Europe/Brussels", "10YBE----------2"),
    "BG": BiddingZone("Europe/Sofia", "10YCA-BULGARIA-R"),
    "CH": BiddingZone("Europe/Zurich", "10YCH-SWISSGRIDZ"),
    "CZ": BiddingZone("Europe/Prague", "10YCZ-CEPS-----N"),
    "DE-LU": BiddingZone("Europe/Berlin", "10Y1001A1001A82H"),
    "DK2": BiddingZone("Europe/Copenhagen", "10YDK-2--------M"),
    "EE": BiddingZone("Europe/Tallinn", "10Y1001A1001A39I"),
    "ES": BiddingZone("Europe/Madrid", "10YES-REE------0"),
    "FI": BiddingZone("Europe/Helsinki", "10YFI-1--------U"),
    "FR": BiddingZone("Europe/Paris", "10YFR-RTE------C"),
    "GR": BiddingZone("Europe/Athens", "10YGR-HTSO-----Y"),
    "HR": BiddingZone("Europe/Zagreb", "10YHR-HEP------M"),
    "HU": BiddingZone("Europe/Budapest", "10YHU-MAVIR----U"),
    "IE-SEM": BiddingZone("Europe/Dublin", "10Y1001A1001A59C"),
    "IT-North": BiddingZone("Europe/Rome", "10Y1001A1001A73I"),
    "LT": BiddingZone("Europe/Vilnius", "10YLT-1001A0008Q"),
    "NL": BiddingZone("Europe/Amsterdam", "10YNL----------L"),
    "NO1": BiddingZone("Europe/Oslo", "10YNO-1--------2"),
    "NO2": BiddingZone("Europe/Oslo", "10YNO-2--------T"),
    "PL": BiddingZone("Europe/Warsaw", "10YPL-AREA-----S"),
    "PT": BiddingZone("Europe/Lisbon", "10YPT-REN------W"),
    "RO": BiddingZone("Europe/Bucharest", "10YRO-TEL------P"),
    "SE3": BiddingZone("Europe/Stockholm", "10Y1001A1001A46L"),
}

# Published under CC BY 4.0 by energy-charts.info; for the other zones its terms allow internal use only.
OPEN_AT_ENERGY_CHARTS = ("AT", "BE", "CH", "CZ", "DE-LU", "DK2", "FR", "HU", "IT-North", "NL", "NO2", "PL")
