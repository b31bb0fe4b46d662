"""A synthetic, visibly fictional portfolio with history and truth, so that a newcomer sees the main job run at once."""

from __future__ import annotations

from sample.outcomes import outcomes
from sample.portfolio import Manifest, write
from sample.world import DEMO, ECHO, RESTLESS, SETTLED, WORLDS, Consents, World

__all__ = ["DEMO", "ECHO", "RESTLESS", "SETTLED", "WORLDS", "Consents", "Manifest", "World", "outcomes", "write"]
