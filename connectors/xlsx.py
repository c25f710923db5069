"""Rows of one sheet of an .xlsx workbook, streamed with the standard library.

An .xlsx file is a zip of XML parts (ECMA-376): the workbook names its sheets, a relations part
says where each lies, and a cell's text stands in the cell or in a shared table of strings.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from connectors.errors import SchemaDrift
from connectors.xml_documents import local_name, parse_xml

# Zip bombs are refused. The rows of a sheet are read one by one, a sheet of 22,000 x 24 cells has 60 MB; the other
# parts are read whole, and have kilobytes.
SHEET_MAX_BYTES, PART_MAX_BYTES = 256 << 20, 16 << 20
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def sheet_rows(path: Path, sheet: str) -> Iterator[dict[str, str]]:
    """Each row of a sheet as column letter -> text; numbers as they stand in the file, empty cells absent.

    Raises:
        SchemaDrift: no workbook (an HTML page under its name), or no such sheet.
    """
    try:
        book = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise SchemaDrift(f"{path.name}: expected an .xlsx workbook, got {_beginning(path)!r}") from error
    with book:
        part = _part_of(book, sheet, path.name)
        strings = _shared_strings(book)
        with _open(book, part, SHEET_MAX_BYTES) as file:
            yield from _rows(file, strings)


def _rows(sheet: IO[bytes], strings: list[str]) -> Iterator[dict[str, str]]:
    rows = ET.Element("none yet")  # the element that holds them forgets each that is read
    for event, element in ET.iterparse(sheet, ("start", "end")):  # noqa: S314 expat >= 2.4.1 bounds entities
        if event == "start" and local_name(element) == "sheetData":
            rows = element
        elif event == "end" and local_name(element) == "row":
            yield dict(_cells(element, strings))
            rows.clear()


def _part_of(book: zipfile.ZipFile, sheet: str, name: str) -> str:
    try:
        workbook = _parsed(book, "xl/workbook.xml")
        relations = _parsed(book, "xl/_rels/workbook.xml.rels")
    except KeyError as error:
        raise SchemaDrift(f"{name}: a zip without {error}: no .xlsx workbook") from error
    sheets = {e.get("name"): e.get(RELATION_ID) for e in workbook.iter() if local_name(e) == "sheet"}
    targets = {e.get("Id"): e.get("Target", "") for e in relations}
    if sheet not in sheets or sheets[sheet] not in targets:
        raise SchemaDrift(f"{name}: no sheet {sheet!r}; it has {', '.join(map(str, sheets))}")
    target = targets[sheets[sheet]]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _shared_strings(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_text(item) for item in _parsed(book, "xl/sharedStrings.xml") if local_name(item) == "si"]


def _cells(row: ET.Element, strings: list[str]) -> Iterator[tuple[str, str]]:
    for cell in row:
        value = next((e for e in cell if local_name(e) in {"v", "is"}), None)
        text = _text(value) if value is not None else ""
        if cell.get("t") == "s" and text:
            text = strings[int(text)]
        if text:
            yield re.sub(r"\d+", "", cell.get("r", "")), text


def _text(element: ET.Element) -> str:
    """All text below an element: rich text is split into runs."""
    return "".join(element.itertext()).strip()


def _parsed(book: zipfile.ZipFile, part: str) -> ET.Element:
    with _open(book, part, PART_MAX_BYTES) as file:
        return parse_xml(file.read(), f"{book.filename}: {part}")


def _open(book: zipfile.ZipFile, part: str, max_bytes: int) -> IO[bytes]:
    # a part never yields more than it declares
    if book.getinfo(part).file_size > max_bytes:
        raise SchemaDrift(f"{book.filename}: part {part} unpacks to more than {max_bytes >> 20} MiB; refused")
    return book.open(part)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(40)
