"""Masking by declared type, keyed tokens, encryption at rest, personal data in free text. The only importer of presidio."""

from __future__ import annotations

from privacy.screening import has_personal_data

__all__ = ["has_personal_data"]
