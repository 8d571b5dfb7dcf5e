"""Lists the cities of the generated marketplace with coordinates and zones, and local names.

Reads nothing. Guarantees: the coordinates are those of the cities; no phone number of the ranges
given here belongs to a subscriber.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """A country with its locale, phone range and names."""

    locale: str
    phone: tuple[str, int]  # a range without subscribers: its prefix, and its free digits
    women: tuple[str, ...]
    men: tuple[str, ...]
    last: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Phone numbers. Regulators reserve for fiction: France (ARCEP) 06 39 98 xx xx, Ireland (ComReg)
# 020 91x xxxx, Germany (Bundesnetzagentur) 1,000 numbers in each big city. Spain reserves none, and
# has assigned none that begins with 55.
SPAIN = Country(
    "es-ES",
    ("+34555", 6),
    women=_names("Ana Lucía Carmen Marta Paula Elena Sara Noelia Irene Alba"),
    men=_names("Javier Pablo Diego Álvaro Sergio Daniel Hugo Iván Manuel Adrián"),
    last=_names(
        "García Martínez López Sánchez Romero Navarro Torres Ramos Gil Serrano Molina "
        "Ortega Castro Iglesias Vidal Peña"
    ),
)
GERMANY = Country(
    "de-DE",
    ("+493023125", 3),
    women=_names("Anna Lena Katharina Julia Sophie Mia Hannah Jana Nele Greta"),
    men=_names("Lukas Jonas Felix Maximilian Jürgen Tobias Paul Moritz Jan Björn"),
    last=_names(
        "Müller Schmidt Schneider Fischer Weber Becker Hoffmann Schäfer Koch Richter "
        "Klein Wolf Schröder Neumann Krüger Vogel"
    ),
)
FRANCE = Country(
    "fr-FR",
    ("+3363998", 4),
    women=_names("Camille Léa Chloé Manon Inès Juliette Zoé Élise Margaux Clara"),
    men=_names("Louis Hugo Gabriel Arthur Jules Théo Nathan Mathis Rémi Lucas"),
    last=_names(
        "Martin Bernard Dubois Moreau Laurent Simon Lefèvre Roux Fournier Girard Mercier "
        "Blanc Guérin Faure Chevalier Lambert"
    ),
)
IRELAND = Country(
    "en-IE",
    ("+3532091", 5),
    women=_names("Aoife Ciara Niamh Emma Saoirse Grace Orla Róisín Sinéad Kate"),
    men=_names("Conor Seán Patrick Cian Liam Oisín Jack Darragh Fionn Eoin"),
    last=_names(
        "Murphy Kelly Byrne Ryan O'Brien Walsh O'Sullivan Doyle McCarthy Gallagher "
        "Doherty Lynch Quinn Nolan Kavanagh Brennan"
    ),
)


@dataclass(frozen=True)
class City:
    """A city; `weight` is its share of the customers."""

    name: str
    country: Country
    lat: float
    lon: float
    zone: str
    weight: int
    phone: tuple[str, int] | None = None  # if it differs from the country's


CITIES = (
    City("Madrid", SPAIN, 40.4168, -3.7038, "Europe/Madrid", 16),
    City("Barcelona", SPAIN, 41.3874, 2.1686, "Europe/Madrid", 13),
    City("Valencia", SPAIN, 39.4699, -0.3763, "Europe/Madrid", 6),
    City("Las Palmas", SPAIN, 28.1235, -15.4363, "Atlantic/Canary", 3),
    City("Berlin", GERMANY, 52.5200, 13.4050, "Europe/Berlin", 12),
    City("Hamburg", GERMANY, 53.5511, 9.9937, "Europe/Berlin", 7, ("+494066969", 3)),
    City("München", GERMANY, 48.1351, 11.5820, "Europe/Berlin", 7, ("+498999998", 3)),
    City("Paris", FRANCE, 48.8566, 2.3522, "Europe/Paris", 13),
    City("Lyon", FRANCE, 45.7640, 4.8357, "Europe/Paris", 6),
    City("Marseille", FRANCE, 43.2965, 5.3698, "Europe/Paris", 5),
    City("Dublin", IRELAND, 53.3498, -6.2603, "Europe/Dublin", 9),
    City("Cork", IRELAND, 51.8985, -8.4756, "Europe/Dublin", 3),
)
