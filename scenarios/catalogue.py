"""The project's own catalogue: the folders beside this file."""

from __future__ import annotations

from pathlib import Path

from autofix.scenarios.scenario import Catalogue

HERE = Path(__file__).parent
CATALOGUE = Catalogue(HERE)
names = CATALOGUE.names
load = CATALOGUE.load
