"""The same recognisers as a Presidio analyser: for what a deployment adds, and for checking a masked feed a second way.

No NLP model and no network: ``NoOpNlpEngine`` hands the text through, and none of Presidio's own recognisers is loaded
(its ``EmailRecognizer`` fetches the public-suffix list). Slower than ``privacy.text``, which reads the same patterns.
"""

from __future__ import annotations

from functools import cache

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from privacy.plain import plain
from privacy.recognizers import discover
from privacy.recognizers.recognizer import Recognizer

LANGUAGES = ("zh", "en")


class PresidioRecognizer(EntityRecognizer):
    """One of our recognisers in one language, as Presidio wants it."""

    def __init__(self, ours: Recognizer, language: str) -> None:
        self._ours = ours
        super().__init__(
            supported_entities=[ours.entity], name=f"{ours.entity}_{language}", supported_language=language
        )

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """Every find, with the recogniser's score."""
        del entities, nlp_artifacts
        return [
            RecognizerResult(self._ours.entity, start, end, self._ours.score)
            for start, end in self._ours.find(plain(text))
        ]


@cache
def analyzer() -> AnalyzerEngine:
    """The analyser with our recognisers only. ``add_recognizer`` on its registry extends it."""
    registry = RecognizerRegistry(
        recognizers=[
            PresidioRecognizer(r, language)
            for language in LANGUAGES
            for r in discover()
            if language in r.languages and not r.is_guess
        ],
        supported_languages=list(LANGUAGES),
    )
    return AnalyzerEngine(registry=registry, nlp_engine=_no_nlp(), supported_languages=list(LANGUAGES))


def _no_nlp() -> NoOpNlpEngine:
    return NoOpNlpEngine(models=[{"lang_code": language, "model_name": "none"} for language in LANGUAGES])
