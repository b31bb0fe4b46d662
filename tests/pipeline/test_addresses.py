"""Addresses read on every core before they are asked for."""

from __future__ import annotations

import sys

import pyarrow as pa
import pytest

import values.address
from pipeline import addresses, processes

TEXTS = [f"浙江省杭州市西湖区文三路{n}号6栋2单元{n}室" for n in range(1, 40)] + ["x", ""]


def test_what_two_processes_read_is_what_is_read_here(monkeypatch: pytest.MonkeyPatch):
    reader = sys.modules["values.address.parse"]
    monkeypatch.setattr(reader, "_known", {})
    expected = {t: values.address.parse(t) for t in TEXTS}
    monkeypatch.setattr(reader, "_known", {})
    monkeypatch.setattr(processes, "cores", lambda: 2)
    texts = pa.array(TEXTS)
    values.address.remember(
        texts, processes.by_rows("pipeline.addresses:parsed", pa.table({"text": texts}), least_rows=5)
    )
    assert reader._known == expected
    assert values.address.parse(TEXTS[0]) is reader._known[TEXTS[0]]


def test_no_more_addresses_are_remembered_than_memory_is_meant_for(monkeypatch: pytest.MonkeyPatch):
    reader = sys.modules["values.address.parse"]
    monkeypatch.setattr(reader, "_known", {})
    monkeypatch.setattr(reader, "_KEPT", 10)
    for text in TEXTS:
        values.address.parse(text)
        assert len(reader._known) <= 10


def test_each_address_is_read_ahead_once(monkeypatch: pytest.MonkeyPatch):
    twice = [pa.chunked_array([["a", None], ["b"]]), pa.array(["b", "c"])]
    assert addresses._distinct(twice).to_pylist() == ["a", "b", "c"]
