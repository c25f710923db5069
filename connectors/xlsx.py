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

PART_MAX_BYTES = 512 << 20  # a sheet of 22,000 rows x 24 cells has 60 MB; refuse zip bombs
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def sheet_rows(path: Path, sheet: str) -> Iterator[dict[str, str]]:
    """Each row of a sheet as column letter -> text; numbers as they stand in the file, empty cells absent.

    Raises:
        SchemaDrift: no workbook (an HTML page under its name), or no such sheet.
    """
    try:
        book = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise SchemaDrift(f"{path.name}: expected an .xlsx workbook, got {path.read_bytes()[:40]!r}") from error
    with book:
        part = _part_of(book, sheet, path.name)
        strings = _shared_strings(book)
        with _open(book, part) as file:
            for _, element in ET.iterparse(file):  # noqa: S314 expat >= 2.4.1 bounds the expansion of entities
                if local_name(element) == "row":
                    yield dict(_cells(element, strings))
                    element.clear()


def _part_of(book: zipfile.ZipFile, sheet: str, name: str) -> str:
    try:
        workbook = parse_xml(book.read("xl/workbook.xml"), name)
        relations = parse_xml(book.read("xl/_rels/workbook.xml.rels"), name)
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
    with _open(book, "xl/sharedStrings.xml") as file:
        root = parse_xml(file.read(), "sharedStrings.xml")
    return [_text(item) for item in root if local_name(item) == "si"]


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


def _open(book: zipfile.ZipFile, part: str) -> IO[bytes]:
    if book.getinfo(part).file_size > PART_MAX_BYTES:
        raise SchemaDrift(f"{book.filename}: part {part} unpacks to more than {PART_MAX_BYTES >> 20} MiB; refused")
    return book.open(part)
