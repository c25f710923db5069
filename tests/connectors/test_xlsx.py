"""An .xlsx workbook is read in little memory, and one that unpacks to more than a workbook has is refused."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path

import pytest

from connectors import xlsx
from connectors.errors import SchemaDrift
from connectors.xlsx import PART_MAX_BYTES, sheet_rows

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "xl/workbook.xml": f'<workbook xmlns:r="{OFFICE}"><sheet name="Prices" r:id="r1"/></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="sheet.xml"/></Relationships>',
    "xl/sharedStrings.xml": "<sst><si><t>Virginia</t></si></sst>",
    "xl/sheet.xml": '<worksheet><sheetData><row><c r="A1" t="s"><v>0</v></c><c r="B1"><v>8.99</v></c></row>'
    "</sheetData></worksheet>",
}


def workbook(folder: Path, parts: dict[str, str]) -> Path:
    path = folder / "book.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in (PARTS | parts).items():
            book.writestr(name, text)
    return path


def test_cells_are_read_by_their_column(tmp_path: Path) -> None:
    assert list(sheet_rows(workbook(tmp_path, {}), "Prices")) == [{"A": "Virginia", "B": "8.99"}]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"])
def test_a_part_that_unpacks_to_more_than_any_has_is_refused_unread(tmp_path: Path, part: str) -> None:
    path = workbook(tmp_path, {part: PARTS[part] + " " * PART_MAX_BYTES})
    tracemalloc.start()
    with pytest.raises(SchemaDrift, match=rf"{part} unpacks to more than 16 MiB"):
        list(sheet_rows(path, "Prices"))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < PART_MAX_BYTES


def test_a_sheet_that_unpacks_to_more_than_its_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "SHEET_MAX_BYTES", 1 << 20)
    path = workbook(tmp_path, {"xl/sheet.xml": PARTS["xl/sheet.xml"] + " " * (1 << 20)})
    with pytest.raises(SchemaDrift, match=r"sheet\.xml unpacks to more than 1 MiB"):
        list(sheet_rows(path, "Prices"))


def test_rows_that_were_read_are_forgotten(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"xl/sheet.xml": f"<worksheet><sheetData>{'<row/>' * 100_000}</sheetData></worksheet>"})
    tracemalloc.start()
    assert sum(1 for _ in sheet_rows(path, "Prices")) == 100_000
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 2_000_000  # 20 bytes a row; an empty element alone takes 60
