"""Pure: links → contact points → ranked candidates, every factor of the probability shown."""

from ranking.params import Params, default_params
from ranking.rank import Ranking, rank

__all__ = ["Params", "Ranking", "default_params", "rank"]
