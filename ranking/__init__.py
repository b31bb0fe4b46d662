"""Pure: links → contact points → ranked candidates, every factor of the probability shown; learning and evaluation."""

from ranking.evaluate import Evaluation, evaluate
from ranking.learn import Learned, learn
from ranking.params import Params, default_params
from ranking.queue import order
from ranking.rank import Ranking, rank

__all__ = ["Evaluation", "Learned", "Params", "Ranking", "default_params", "evaluate", "learn", "order", "rank"]
