"""Where a case stands and what may come next: events in, state, next steps and proposals out. Pure; people act."""

from casework.events import EVENTS
from casework.replay import Replayed, replay
from casework.terms import Agency, Cap, Hours, Terms

__all__ = ["EVENTS", "Agency", "Cap", "Hours", "Replayed", "Terms", "replay"]
