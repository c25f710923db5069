"""XML from the wire: one safe way to parse it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from connectors.errors import SchemaDrift


def parse_xml(body: bytes, url: str) -> ET.Element:
    """The root element of a document.

    Raises:
        SchemaDrift: no XML (an HTML page, a short body), or a document type definition, which no
            source of ours sends and which alone could expand entities or name files.
    """
    if b"<!DOCTYPE" in body[:1024].upper():
        raise SchemaDrift(f"{url}: expected data in XML, got a page or a document with a DTD: {body[:60]!r}")
    try:
        return ET.fromstring(body)  # noqa: S314 no DTD gets here, so no entity can expand
    except ET.ParseError as error:
        raise SchemaDrift(f"{url}: expected XML, got {body[:60]!r} ({error})") from error


def local_name(element: ET.Element) -> str:
    """Tag without its namespace: publishers raise the version in the namespace without a change of shape."""
    return element.tag.rpartition("}")[2]


def child_text(element: ET.Element, name: str) -> str:
    """Text of the first child of this local name, or ""."""
    return next(((c.text or "").strip() for c in element if local_name(c) == name), "")
