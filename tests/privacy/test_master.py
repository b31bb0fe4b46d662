"""Keys wrapped by somebody else: a command, a KMS over HTTP; both as small doubles that misbehave on purpose."""

from __future__ import annotations

import base64
import json
import stat
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.deployment import Keys
from core.errors import Fatal, SkiptraceError, Transient
from privacy.keys import load, retire, rewrap, rotate
from privacy.master import CommandMaster, TransitMaster, master

TOKEN = {"SKIPTRACE_KEY_TOKEN": "canary-token"}
PROGRAM = """
import base64, pathlib, sys
verb, key_id = sys.argv[-2:]
given = sys.stdin.read().strip()
mode = pathlib.Path(__file__).with_name("mode").read_text()
pathlib.Path(__file__).with_name("asked").open("a").write(" ".join(sys.argv[1:]) + "\\n")
if mode == "refuses":
    print(given, file=sys.stderr); sys.exit(1)
if mode == "busy":
    sys.exit(75)
if mode == "mute":
    sys.exit(0)
if mode == "short" and verb == "unwrap":
    print(base64.b64encode(b"short").decode()); sys.exit(0)
if mode == "babbles" and verb == "unwrap":
    print("no base64!"); sys.exit(0)
turned = base64.b64encode(bytes(b ^ 0x5A for b in base64.b64decode(given.removeprefix(key_id + ":")))).decode()
print(key_id + ":" + turned if verb == "wrap" else turned)
"""


class Kms(BaseHTTPRequestHandler):
    """Vault's transit protocol, as far as one key and its associated data go."""

    key = AESGCM(bytes(range(32)))
    mode, seen = "", []

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).seen.append((self.path, self.headers["X-Vault-Token"], said))
        status, data = self.answer(said)
        body = json.dumps({"data": data} if data else {"errors": ["permission denied"]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, said):
        if self.headers["X-Vault-Token"] != TOKEN["SKIPTRACE_KEY_TOKEN"] or self.mode == "refuses":
            return 403, None
        if self.mode == "busy":
            return 503, None
        if self.mode == "babbles":
            return 200, {"plaintext": 7, "ciphertext": None}
        about = base64.b64decode(said["associated_data"])
        if self.path == "/v1/transit/encrypt/lender":
            sealed = self.key.encrypt(bytes(12), base64.b64decode(said["plaintext"]), about)
            return 200, {"ciphertext": "vault:v1:" + base64.b64encode(sealed).decode()}
        try:
            plain = self.key.decrypt(bytes(12), base64.b64decode(said["ciphertext"].removeprefix("vault:v1:")), about)
        except InvalidTag:
            return 400, None
        return 200, {"plaintext": base64.b64encode(plain).decode()}

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def no_network():
    """The one module of this room that talks to somebody: a KMS, here on this very machine."""


@pytest.fixture
def kms():
    Kms.mode, Kms.seen = "", []
    server = HTTPServer(("127.0.0.1", 0), Kms)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Keys(provider="transit", url=f"http://127.0.0.1:{server.server_port}/v1/transit/", key="lender")
    server.shutdown()
    server.server_close()


@pytest.fixture
def command(tmp_path):
    program = tmp_path / "kms" / "kms.py"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    (program.parent / "mode").write_text("")
    return Keys(provider="command", command=(sys.executable, str(program), "--key", "lender"))


@pytest.fixture(params=["kms", "command"])
def outside(request):
    """Either of them, with a way to make it misbehave."""
    keys = request.getfixturevalue(request.param)

    def behave(mode):
        if request.param == "kms":
            Kms.mode = mode
        else:
            from pathlib import Path

            Path(keys.command[1]).with_name("mode").write_text(mode)

    return keys, behave


def test_a_ring_is_made_read_rotated_and_retired_with_a_master_outside(outside, tmp_path):
    keys, _ = outside
    ring = load(keys, tmp_path, TOKEN)
    sealed, token = ring.seal("secret", "row 1"), ring.token("phone", "138")
    assert load(keys, tmp_path, TOKEN).open(sealed, "row 1") == "secret"
    new = rotate(keys, tmp_path, TOKEN)
    assert (new.active, new.open(sealed, "row 1"), new.token("phone", "138")) == ("k2", "secret", token)
    assert retire(keys, tmp_path, TOKEN, {"k2"}) == ["k1"]


def test_the_ring_file_holds_nothing_that_opens_it_and_is_private(outside, tmp_path):
    keys, _ = outside
    ring = load(keys, tmp_path, TOKEN)
    path = tmp_path / keys.path
    content = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "master" not in json.loads(content)
    for key in (*ring.sealing.values(), ring.token_key):
        assert key not in content
        assert base64.b64encode(key) not in content


@pytest.mark.parametrize(("mode", "error"), [("refuses", Fatal), ("busy", Transient), ("babbles", Fatal)])
def test_one_that_misbehaves_stops_with_one_clear_answer_that_holds_no_key(outside, tmp_path, mode, error):
    keys, behave = outside
    ring = load(keys, tmp_path, TOKEN)
    behave(mode)
    with pytest.raises(error) as told:
        load(keys, tmp_path, TOKEN)
    assert all(base64.b64encode(k).decode() not in str(told.value) for k in ring.sealing.values())
    assert "canary" not in str(told.value)


def test_nothing_is_left_where_no_ring_could_be_made(outside, tmp_path):
    keys, behave = outside
    behave("refuses")
    with pytest.raises(SkiptraceError):
        load(keys, tmp_path, TOKEN)
    assert not (tmp_path / keys.path).exists()


@pytest.mark.parametrize("mode", ["mute", "short"])
def test_a_command_that_gives_no_whole_key_is_fatal(command, tmp_path, mode):
    from pathlib import Path

    load(command, tmp_path, {})
    Path(command.command[1]).with_name("mode").write_text(mode)
    with pytest.raises(Fatal):
        load(command, tmp_path, {})


def test_a_command_sees_ids_in_its_arguments_and_no_key(command, tmp_path):
    from pathlib import Path

    ring = load(command, tmp_path, {})
    asked = Path(command.command[1]).with_name("asked").read_text()
    assert "wrap k1" in asked
    assert base64.b64encode(ring.sealing["k1"]).decode() not in asked


def test_a_command_that_is_not_there_is_told_as_such(tmp_path):
    with pytest.raises(Fatal, match=r"keys\.command"):
        CommandMaster((str(tmp_path / "no-such-program"),)).wrap("k1", bytes(32))


def test_a_wrapped_key_opens_under_its_own_id_only(kms):
    owner = master(kms, {}, TOKEN)
    wrapped = owner.wrap("k1", bytes(32))
    assert owner.unwrap("k1", wrapped) == bytes(32)
    with pytest.raises(Fatal):
        owner.unwrap("k2", wrapped)


def test_a_kms_nobody_answers_at_is_tried_again_later():
    with pytest.raises(Transient, match="cannot be reached"):
        TransitMaster("http://127.0.0.1:9", "lender", "t").wrap("k1", bytes(32))


@pytest.mark.parametrize("url", ["http://kms.example/v1", "https://user:word@kms.example/v1", "ftp://kms.example"])
def test_a_kms_is_asked_over_tls_only(url):
    with pytest.raises(Fatal, match="https"):
        master(Keys(provider="transit", url=url, key="k"), {}, TOKEN)


def test_without_its_token_a_kms_is_not_asked(kms, tmp_path):
    with pytest.raises(Fatal, match="SKIPTRACE_KEY_TOKEN"):
        load(kms, tmp_path, {})
    assert Kms.seen == []


def test_a_deployment_moves_from_a_file_to_a_kms_without_sealing_anything_again(outside, tmp_path):
    keys, _ = outside
    before = load(Keys(), tmp_path, {})
    sealed = before.seal("secret", "row 1")
    after = rewrap(keys, tmp_path, TOKEN, Keys())
    assert after.open(sealed, "row 1") == "secret"
    assert after.token("phone", "138") == before.token("phone", "138")
    assert "master" not in json.loads((tmp_path / keys.path).read_text())
    assert load(keys, tmp_path, TOKEN).open(sealed, "row 1") == "secret"
    with pytest.raises(Fatal):
        load(Keys(), tmp_path, {})


@pytest.mark.parametrize(
    "keys", [{"provider": "command"}, {"provider": "transit", "url": "https://a"}, {"command": ["x"]}]
)
def test_a_provider_needs_what_belongs_to_it(keys):
    with pytest.raises(ValueError, match="provider"):
        Keys(**keys)
