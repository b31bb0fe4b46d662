"""Alembic migrations, shipped in the package. ``store.open`` runs them."""
