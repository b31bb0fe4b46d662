"""workbench: what analysts may see and decide, through the third consent gate. HTTP and words are `workbench`'s.

A page asks the gate when it is read; the queue only says in which order to look. A decision belongs to a candidate's stable
id, is added and never changed, and no run touches it. Who did what is in the audit chain, by account and id, never by value.
"""

from __future__ import annotations

from pipeline.services.comparing import Comparing
from pipeline.services.deciding import Deciding
from pipeline.services.models import Models
from pipeline.services.overview import Overview


class Workbench(Deciding, Comparing, Models, Overview):
    """The workbench of one site. Shared by all requests of a process."""
