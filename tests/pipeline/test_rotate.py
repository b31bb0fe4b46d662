import pytest

import privacy.keys
from pipeline import residue, rotate, serve
from tests.pipeline.withdrawn import copy_of_site


@pytest.fixture
def site(ran, tmp_path):
    return copy_of_site(ran[0], tmp_path)


def revealed(site):
    return serve.candidates(site, actor="test", reveal_reason="rotation test").to_pylist()


def test_after_a_rotation_everything_opens_and_under_the_new_key_only(site):
    before = revealed(site)
    done = rotate.rotate(site, actor="test", batch=100)
    assert done.resealed == done.seen > 0
    assert rotate.used_keys(site) == {"k2"}
    assert revealed(site) == before  # with the ring this process had loaded before


def test_a_rotation_that_was_cut_off_goes_on_without_another_key(site, monkeypatch):
    before = revealed(site)
    real, calls = rotate._reseal, []

    def dies(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(rotate, "_reseal", dies)
    with pytest.raises(KeyboardInterrupt):
        rotate.rotate(site, actor="test", batch=50)
    assert revealed(site) == before
    monkeypatch.setattr(rotate, "_reseal", real)
    done = rotate.rotate(site, actor="test")
    assert done.resumed
    assert done.key_id == "k2"
    assert rotate.used_keys(site) == {"k2"}
    assert revealed(site) == before


def test_a_retired_key_is_gone_from_the_ring_and_its_id_is_not_given_again(site):
    assert rotate.rotate(site, actor="test", retire=True).retired == ("k1",)
    assert rotate.rotate(site, actor="test", retire=True).key_id == "k3"
    ring = privacy.keys.load(site.deployment.keys, site.folder, site.environ)
    assert set(ring.sealing) == {"k3"}
    assert revealed(site)


def test_a_thief_without_the_ring_reads_no_planted_value(site, canaries):
    assert residue.stolen(site.folder / "state", canaries, without={"keys.json"}) == {}
    assert residue.stolen(site.folder / "data", canaries) != {}
