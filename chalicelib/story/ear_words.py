"""How numbers and signs are said in a language: the words that `ear` puts in their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Forms = tuple[str, str]
"""A word for one, and for any other number."""


@dataclass(frozen=True, slots=True)
class EarWords:
    """The words of one language. `thousands` and `decimal` are its signs in numbers, `point` what the second is called.

    `coins` has a currency's own word and that of its hundredth; abbreviations are matched with the case they have.
    """

    thousands: str
    decimal: str
    point: str
    minus: str
    to: str
    percent: str
    or_: str
    currencies: Mapping[str, Forms]
    coins: Mapping[str, Forms]
    and_coins: str
    units: Mapping[str, Forms]
    signs: Mapping[str, str]
    fractions: Mapping[str, str]
    months: tuple[str, ...]
    abbreviations: Mapping[str, str]
    dot: str = "dot"
    at: str = "at"
    slash: str = "slash"
    magnitudes: tuple[str, ...] = field(default=())
    before: Mapping[str, str] = field(default_factory=dict)
    """What must follow some abbreviations, as a pattern: "No." is an answer, and "No. 5" a number."""


ENGLISH = EarWords(
    thousands=",",
    decimal=".",
    point="point",
    minus="minus",
    to="to",
    percent="per cent",
    or_="or",
    currencies={"$": ("dollar", "dollars"), "€": ("euro", "euros"), "£": ("pound", "pounds"), "¥": ("yen", "yen")},
    coins={"$": ("cent", "cents"), "€": ("cent", "cents"), "£": ("penny", "pence")},
    and_coins="and",
    units={
        "km/h": ("kilometre an hour", "kilometres an hour"),
        "mph": ("mile an hour", "miles an hour"),
        "m/s": ("metre a second", "metres a second"),
        "km": ("kilometre", "kilometres"),
        "cm": ("centimetre", "centimetres"),
        "mm": ("millimetre", "millimetres"),
        "m": ("metre", "metres"),
        "ft": ("foot", "feet"),
        "mi": ("mile", "miles"),
        "kg": ("kilogram", "kilograms"),
        "mg": ("milligram", "milligrams"),
        "g": ("gram", "grams"),
        "lb": ("pound", "pounds"),
        "lbs": ("pound", "pounds"),
        "oz": ("ounce", "ounces"),
        "ml": ("millilitre", "millilitres"),
        "l": ("litre", "litres"),
        "°C": ("degree Celsius", "degrees Celsius"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "°": ("degree", "degrees"),
        "min": ("minute", "minutes"),
        "sec": ("second", "seconds"),
        "hrs": ("hour", "hours"),
        "h": ("hour", "hours"),
    },
    signs={"&": "and", "+": "plus", "=": "equals", "\u00d7": "times", "§": "section", "%": "per cent", "#": "number"},
    fractions={
        "1/2": "one half",
        "1/4": "one quarter",
        "3/4": "three quarters",
        "1/3": "one third",
        "2/3": "two thirds",
    },
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    abbreviations={
        "Mr.": "Mister",
        "Mrs.": "Missus",
        "Ms.": "Miz",
        "Dr.": "Doctor",
        "Prof.": "Professor",
        "St.": "Saint",
        "Capt.": "Captain",
        "Lt.": "Lieutenant",
        "Sgt.": "Sergeant",
        "Rev.": "Reverend",
        "Jr.": "Junior",
        "Sr.": "Senior",
        "vs.": "versus",
        "etc.": "et cetera",
        "e.g.": "for example",
        "i.e.": "that is",
        "approx.": "approximately",
        "No.": "number",
        "p.m.": "p m",
        "a.m.": "a m",
    },
    magnitudes=("hundred", "thousand", "million", "billion", "trillion"),
    before={"No.": r"\s*\d", "St.": r"\s+[A-Z]"},
)

GERMAN = EarWords(
    thousands=".",
    decimal=",",
    point="Komma",
    minus="minus",
    to="bis",
    percent="Prozent",
    or_="oder",
    currencies={"$": ("Dollar", "Dollar"), "€": ("Euro", "Euro"), "£": ("Pfund", "Pfund"), "¥": ("Yen", "Yen")},
    coins={"$": ("Cent", "Cent"), "€": ("Cent", "Cent"), "£": ("Penny", "Pence")},
    and_coins="und",
    units={
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"),
        "m/s": ("Meter pro Sekunde", "Meter pro Sekunde"),
        "km": ("Kilometer", "Kilometer"),
        "cm": ("Zentimeter", "Zentimeter"),
        "mm": ("Millimeter", "Millimeter"),
        "m": ("Meter", "Meter"),
        "kg": ("Kilogramm", "Kilogramm"),
        "mg": ("Milligramm", "Milligramm"),
        "g": ("Gramm", "Gramm"),
        "ml": ("Milliliter", "Milliliter"),
        "l": ("Liter", "Liter"),
        "°C": ("Grad Celsius", "Grad Celsius"),
        "°F": ("Grad Fahrenheit", "Grad Fahrenheit"),
        "°": ("Grad", "Grad"),
        "Min.": ("Minute", "Minuten"),
        "min": ("Minute", "Minuten"),
        "Std.": ("Stunde", "Stunden"),
        "Sek.": ("Sekunde", "Sekunden"),
    },
    signs={"&": "und", "+": "plus", "=": "gleich", "\u00d7": "mal", "§": "Paragraf", "%": "Prozent", "#": "Nummer"},
    fractions={
        "1/2": "ein halb",
        "1/4": "ein Viertel",
        "3/4": "drei Viertel",
        "1/3": "ein Drittel",
        "2/3": "zwei Drittel",
    },
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    abbreviations={
        "z. B.": "zum Beispiel",
        "z.B.": "zum Beispiel",
        "d. h.": "das heißt",
        "d.h.": "das heißt",
        "u. a.": "unter anderem",
        "u.a.": "unter anderem",
        "usw.": "und so weiter",
        "bzw.": "beziehungsweise",
        "ca.": "zirka",
        "Dr.": "Doktor",
        "Prof.": "Professor",
        "Hr.": "Herr",
        "Fr.": "Frau",
        "St.": "Sankt",
        "Nr.": "Nummer",
        "Mio.": "Millionen",
        "Mrd.": "Milliarden",
        "Str.": "Straße",
        "evtl.": "eventuell",
        "ggf.": "gegebenenfalls",
        "vgl.": "vergleiche",
        "Std.": "Stunden",
        "Min.": "Minuten",
    },
    dot="Punkt",
    at="at",
    slash="Schrägstrich",
    magnitudes=("hundert", "tausend", "Tausend", "Million", "Millionen", "Milliarde", "Milliarden"),
)

SPANISH = EarWords(
    thousands=".",
    decimal=",",
    point="coma",
    minus="menos",
    to="a",
    percent="por ciento",
    or_="o",
    currencies={"$": ("dólar", "dólares"), "€": ("euro", "euros"), "£": ("libra", "libras"), "¥": ("yen", "yenes")},
    coins={"$": ("centavo", "centavos"), "€": ("céntimo", "céntimos"), "£": ("penique", "peniques")},
    and_coins="con",
    units={
        "km/h": ("kilómetro por hora", "kilómetros por hora"),
        "m/s": ("metro por segundo", "metros por segundo"),
        "km": ("kilómetro", "kilómetros"),
        "cm": ("centímetro", "centímetros"),
        "mm": ("milímetro", "milímetros"),
        "m": ("metro", "metros"),
        "kg": ("kilogramo", "kilogramos"),
        "mg": ("miligramo", "miligramos"),
        "g": ("gramo", "gramos"),
        "ml": ("mililitro", "mililitros"),
        "l": ("litro", "litros"),
        "°C": ("grado Celsius", "grados Celsius"),
        "°F": ("grado Fahrenheit", "grados Fahrenheit"),
        "°": ("grado", "grados"),
        "min": ("minuto", "minutos"),
        "h": ("hora", "horas"),
        "s": ("segundo", "segundos"),
    },
    signs={"&": "y", "+": "más", "=": "igual a", "\u00d7": "por", "§": "sección", "%": "por ciento", "#": "número"},
    fractions={"1/2": "medio", "1/4": "un cuarto", "3/4": "tres cuartos", "1/3": "un tercio", "2/3": "dos tercios"},
    months=(
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
    abbreviations={
        "Sr.": "señor",
        "Sra.": "señora",
        "Srta.": "señorita",
        "Dr.": "doctor",
        "Dra.": "doctora",
        "Dª": "doña",
        "Ud.": "usted",
        "Uds.": "ustedes",
        "p. ej.": "por ejemplo",
        "p.ej.": "por ejemplo",
        "etc.": "etcétera",
        "núm.": "número",
        "n.º": "número",
        "pág.": "página",
        "Prof.": "profesor",
        "a. m.": "de la mañana",
        "p. m.": "de la tarde",
        "EE. UU.": "Estados Unidos",
        "EE.UU.": "Estados Unidos",
        "aprox.": "aproximadamente",
    },
    dot="punto",
    at="arroba",
    slash="barra",
    magnitudes=("cien", "mil", "millón", "millones"),
)

WORDS: Mapping[str, EarWords] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH}
