"""Airflow wiring only. Parsing a file here imports Airflow and the vocabulary, nothing heavier."""
