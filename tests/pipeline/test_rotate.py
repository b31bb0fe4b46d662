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


def test_webhook_secrets_are_sealed_under_the_new_key_and_go_on_signing(site):
    from pipeline import feed_delivery
    from pipeline.services.feed import Feed
    from pipeline.services.readers import Reader

    feed, sent = Feed(site), []
    secret = feed_delivery.add_webhook(feed, "hook", "https://case.example/in", Reader("case-system"))
    rotate.rotate(site, actor="test", retire=True)
    assert rotate.used_keys(site) == {"k2"}
    feed_delivery.deliver(feed, lambda url, body, headers: sent.append((url, body, headers)) or 200)
    assert sent
    for _, body, headers in sent:
        seconds = int(headers["X-Skiptrace-Signature"].split(",")[0].removeprefix("t="))
        assert headers["X-Skiptrace-Signature"] == feed_delivery.sign(secret, body, seconds)
