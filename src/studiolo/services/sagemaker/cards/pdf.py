"""A model card as a PDF. The library comes with `pip install "studiolo[cards]"`; without it an export is refused by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from studiolo.base.errors import Unsupported

SECTIONS = (
    "model_overview", "model_package_details", "intended_uses", "business_details", "training_details",
    "evaluation_details", "additional_information",
)  # fmt: skip
FONTS = (
    ("/usr/share/fonts/truetype/dejavu", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/TTF", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/dejavu-sans-fonts", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/truetype/liberation", "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("/System/Library/Fonts/Supplemental", "Arial.ttf", "Arial Bold.ttf"),
)
"""Where a font with more than Latin letters may lie; without one, other letters are written as "?"."""


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    version: int
    status: str
    content: Mapping[str, Any]
    exported: float


def available() -> None:
    """Raises Unsupported where the library is not installed; it is only looked for, for importing it takes a while."""
    if find_spec("fpdf") is None:
        raise Unsupported(
            'Exporting model cards as PDF needs a library that is not installed: pip install "studiolo[cards]".'
        )


def render(card: Card) -> bytes:
    return _Writer(card).write()


def spoken(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


class _Writer:
    def __init__(self, card: Card) -> None:
        from fpdf import FPDF

        self._card = card
        self._pdf: Any = FPDF(format="A4")
        self._pdf.set_creation_date(datetime.fromtimestamp(card.exported, UTC))
        self._pdf.set_auto_page_break(True, margin=18)
        self._family, self._wide = "Helvetica", False
        for folder, plain, bold in FONTS:
            if (Path(folder) / plain).exists() and (Path(folder) / bold).exists():
                self._pdf.add_font("Card", "", str(Path(folder) / plain))
                self._pdf.add_font("Card", "B", str(Path(folder) / bold))
                self._family, self._wide = "Card", True
                break

    def write(self) -> bytes:
        card, pdf = self._card, self._pdf
        pdf.set_title(f"Model card {card.name}")
        pdf.add_page()
        self._line(card.name, 20, bold=True)
        when = datetime.fromtimestamp(card.exported, UTC).strftime("%Y-%m-%d %H:%M UTC")
        self._line(f"Model card, version {card.version}. Status: {card.status}. Exported {when}.", 10)
        if not card.content:
            self._line("The card is empty.", 10)
        for section in SECTIONS:
            if section in card.content:
                pdf.ln(5)
                self._line(spoken(section), 14, bold=True)
                self._value(card.content[section], 0)
        return bytes(pdf.output())

    def _line(self, text: str, size: int, *, bold: bool = False, indent: int = 0) -> None:
        if not self._wide:
            text = text.encode("latin-1", "replace").decode("latin-1")
        self._pdf.set_font(self._family, "B" if bold else "", size)
        self._pdf.set_x(self._pdf.l_margin + 5 * indent)
        self._pdf.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", wrapmode="CHAR", align="L")

    def _value(self, value: Any, depth: int) -> None:
        if isinstance(value, Mapping):
            for name, one in value.items():
                self._member(name, one, depth)
        elif isinstance(value, list):
            for one in value:
                self._entry(one, depth)
        else:
            self._line(_said(value), 10, indent=depth)

    def _member(self, name: str, value: Any, depth: int) -> None:
        if isinstance(value, Mapping | list) and not _is_numbers(value):
            self._line(spoken(name), 10, bold=True, indent=depth)
            self._value(value, depth + 1)
        else:
            self._line(f"{spoken(name)}: {_said(value)}", 10, indent=depth)

    def _entry(self, value: Any, depth: int) -> None:
        """A metric or a parameter is one line."""
        if isinstance(value, Mapping) and "name" in value and "value" in value:
            note = f" ({value['notes']})" if value.get("notes") else ""
            self._line(f"{value['name']}: {_said(value['value'])}{note}", 10, indent=depth)
        elif isinstance(value, Mapping) and "name" in value:
            self._line(str(value["name"]), 10, bold=True, indent=depth)
            self._value({name: one for name, one in value.items() if name != "name"}, depth + 1)
        else:
            self._value(value, depth)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, int | float) for one in value)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_said(one) for one in value)
    return str(value)
