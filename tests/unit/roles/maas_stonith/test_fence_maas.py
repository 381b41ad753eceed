# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent against the MAAS simulator, over HTTP: whatever MAAS answers, a running machine is never called fenced."""
from __future__ import annotations

import importlib.util
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from importlib.machinery import SourceFileLoader
from ipaddress import IPv4Address
from pathlib import Path
from types import ModuleType
from typing import TextIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[4]
AGENT = ROOT / "roles/maas_stonith/files/fence_maas"
MANUAL = ROOT / "roles/maas_stonith/files/fence_maas.8"
SECRET = "s3cr3t-of-the-key"
KEY = f"consumer:token:{SECRET}"


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, str(path)))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


sys.dont_write_bytecode = True  # the agent has no suffix: its byte code would land beside it
agent = load("fence_maas", AGENT)
maas_simulator = load("maas_simulator", ROOT / "molecule/shared/maas/maas_simulator.py")
Machine = maas_simulator.Machine


def stdin_of(content: bytes) -> TextIO:
    """A standard input with a file descriptor, as the agent reads it."""
    descriptor = os.memfd_create("stdin")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.fdopen(descriptor)


class Region:
    """A running simulator and the agent's options for it."""

    def __init__(self, simulator, key_file: Path) -> None:
        self.simulator = simulator
        self.server = maas_simulator.Server(("127.0.0.1", 0), simulator)
        self.url = f"http://127.0.0.1:{self.server.server_port}/MAAS"
        self.key_file = key_file
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def machine(self, hostname: str):
        return next(machine for machine in self.simulator.machines.values() if machine.hostname == hostname)

    def lines(self, **options) -> str:
        options = {"url": self.url, "key_file": self.key_file, "power_timeout": 1, "request_timeout": 1, **options}
        return "".join(f"{name}={value}\n" for name, value in options.items())


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(agent, "RETRY_AFTER", 0.02)
    monkeypatch.setattr(agent, "SILENCE", 0.2)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def region(key_file: Path):
    simulator = maas_simulator.Simulator([
        Machine("aaaa01", "compute1"), Machine("aaaa02", "compute2"), Machine("aaaa03", "compute3"),
        Machine("bbbb01", "twin", domain="east"), Machine("bbbb02", "twin", domain="west"),
    ], KEY)
    region = Region(simulator, key_file)
    yield region
    region.server.shutdown()
    region.server.server_close()


@pytest.fixture
def fence(region: Region, capsys, monkeypatch):
    """Run the agent as Pacemaker does; returns its exit code, standard output and standard error."""

    def run(action: str, **options):
        monkeypatch.setattr(sys, "argv", ["fence_maas"])
        monkeypatch.setattr(sys, "stdin", stdin_of(region.lines(action=action, **options).encode()))
        code = agent.main()
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        return code, out, err

    return run


# --- off -------------------------------------------------------------------------------------


def test_off_cuts_the_power_and_looks_at_it(region, fence):
    assert fence("off", plug="compute1") == (0, "", "")
    assert not region.simulator.power.is_on("compute1")
    assert region.simulator.power.is_on("compute2")
    [command] = region.simulator.commands
    assert (command["machine"], command["power"], command["stop_mode"]) == ("compute1", "off", "hard")
    assert [request.split("?")[1] for request in region.simulator.requests] == [
        "hostname=compute1", "op=power_off", "op=query_power_state"]


def test_off_of_a_machine_that_is_off(region, fence):
    region.simulator.power.off("compute1")
    assert fence("off", plug="compute1")[0] == 0


def test_off_waits_for_a_slow_machine(region, fence):
    region.machine("compute1").off_after = 0.5
    assert fence("off", plug="compute1")[0] == 0
    assert not region.simulator.power.is_on("compute1")


NEVER_FENCED = {
    "null": ({"answers_null": True}, "answered null"),
    "unknown": ({"reports": "unknown", "ignores_power": True}, "power state is unknown"),
    "error": ({"reports": "error", "ignores_power": True}, "power state is error"),
    "locked": ({"locked": True}, "is locked"),
    "manual": ({"power_type": "manual"}, "power type in MAAS is manual"),
    "no power type": ({"power_type": ""}, "power type in MAAS is unset"),
    "ignored": ({"ignores_power": True}, "not off within 1 seconds: MAAS reports the power state on"),
    "too slow": ({"off_after": 70.0}, "not off within 1 seconds: MAAS reports the power state on"),
}


@pytest.mark.parametrize("faults, words", NEVER_FENCED.values(), ids=NEVER_FENCED)
def test_a_running_machine_is_never_called_off(region, fence, monkeypatch, faults, words):
    monkeypatch.setattr(maas_simulator.threading.Timer, "start", lambda timer: None)  # no power cut after the test
    vars(region.machine("compute1")).update(faults)
    code, out, err = fence("off", plug="compute1")
    assert region.simulator.power.is_on("compute1")
    assert (code, out) == (1, "")
    assert err.startswith("fence_maas: compute1: ")
    assert err.count("\n") == 1
    assert words in err


REFUSALS = {400: "refused the request", 401: "refused the API key", 403: "forbids it", 404: "does not know the machine",
            409: "present state", 500: "MAAS failed (HTTP 500"}


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("requests_before", [0, 1, 2], ids=["search", "command", "query"])
def test_a_refusal_is_a_failure_that_says_which(region, fence, status, requests_before):
    region.machine("compute1").ignores_power = True
    region.simulator.faults.answers = [0.0] * requests_before + [status]
    code, _, err = fence("off", plug="compute1")
    assert code == 1
    assert REFUSALS[status] in err
    assert f"HTTP {status}" in err


@pytest.mark.parametrize("fault", [502, 503, 504, "break"])
@pytest.mark.parametrize("requests_before", [0, 1, 2], ids=["search", "command", "query"])
def test_what_passes_is_tried_again(region, fence, fault, requests_before):
    region.simulator.faults.answers = [0.0] * requests_before + [fault, fault]
    assert fence("off", plug="compute1")[0] == 0
    assert not region.simulator.power.is_on("compute1")


@pytest.mark.parametrize("fault, words", [(503, "HTTP 503"), ("break", "tried for 1 seconds")])
def test_what_does_not_pass_is_given_up(region, fence, fault, words):
    region.simulator.faults.answers = [fault] * 10000
    code, _, err = fence("off", plug="compute1")
    assert code == 1
    assert words in err
    assert region.simulator.power.is_on("compute1")


@pytest.mark.parametrize("kept", [0, 1, 40], ids=["no word", "one letter", "some of it"])
@pytest.mark.parametrize("requests_before", [0, 1, 2], ids=["search", "command", "query"])
def test_an_answer_that_is_cut_is_tried_again(region, fence, monkeypatch, kept, requests_before):
    """A proxy may die in the middle of an answer; what was announced of it tells so."""
    whole, cuts = maas_simulator.Handler.send, iter([False] * requests_before + [True])

    def send(handler, status, content_type, text):
        if not next(cuts, False):
            return whole(handler, status, content_type, text)
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.send_header("Connection", "close")
        handler.end_headers()
        return handler.wfile.write(text.encode()[:kept])

    monkeypatch.setattr(maas_simulator.Handler, "send", send)
    assert fence("off", plug="compute1")[0] == 0
    assert not region.simulator.power.is_on("compute1")


def test_a_slow_answer_is_given_up(region, fence):
    region.simulator.faults.answers = [5.0] * 100
    code, _, err = fence("off", plug="compute1")
    assert code == 1
    assert "timed out" in err


def test_unreachable(region, fence):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    code, _, err = fence("off", plug="compute1", url=f"http://127.0.0.1:{port}/MAAS")
    assert code == 1
    assert "cannot be reached: [Errno 111] Connection refused; tried for 1 seconds" in err


def test_one_dropped_query_of_the_bmc_is_forgiven(region, fence, monkeypatch):
    states = iter(["unknown", "error", "on", "unknown", "off"])
    monkeypatch.setattr(region.simulator, "state", lambda machine: next(states))
    monkeypatch.setattr(region.simulator, "show", lambda machine: machine.as_json("on"))
    assert fence("off", plug="compute1")[0] == 0


def test_a_wrong_key(region, fence):
    region.key_file.write_text("consumer:token:wrong")
    code, _, err = fence("off", plug="compute1")
    assert code == 1
    assert "refused the API key (HTTP 401: Authorization Error: Invalid API key.)" in err


class TestLyingMaas:
    """MAAS says off, the machine runs: only the machine itself can tell."""

    @pytest.fixture(autouse=True)
    def _lie(self, region):
        vars(region.machine("compute1")).update(ignores_power=True, reports="off")

    def test_it_answers(self, fence):
        with socket.create_server(("127.0.0.1", 0)) as host:
            code, _, err = fence("off", plug="compute1", addresses="compute1=127.0.0.1,compute2=127.0.0.2",
                                 probe_port=host.getsockname()[1])
        assert code == 1
        assert "MAAS reports the power state off, yet it answers at 127.0.0.1" in err

    def test_it_refuses_the_connection(self, fence):
        code, _, err = fence("off", plug="compute1", addresses="compute1=127.0.0.1", probe_port=1)
        assert code == 1
        assert "yet it answers at 127.0.0.1" in err


def test_a_silent_address_agrees_with_maas(region, fence):
    # No TCP connection leads to a multicast address.
    assert fence("off", plug="compute1", addresses="compute1=224.0.0.1")[0] == 0


# --- Names -----------------------------------------------------------------------------------


@pytest.mark.parametrize("plug", ["compute1", "compute1.maas", "aaaa01"])
def test_names_of_a_machine(region, fence, plug):
    assert fence("off", plug=plug)[0] == 0
    assert region.simulator.power.dark == {"compute1"}


@pytest.mark.parametrize("plug, words", [
    ("twin", "knows 2 machines of this name (bbbb01, bbbb02): use the system_id"),
    ("compute", "knows no machine of this name"),
    ("compute1.elsewhere", "knows no machine of this name"),
    ("Compute1", "knows no machine of this name"),
    ("", "action off needs the option plug"),
])
def test_no_neighbour_is_fenced_for_a_wrong_name(region, fence, plug, words):
    code, _, err = fence("off", plug=plug)
    assert code == 1
    assert words in err
    assert region.simulator.commands == []


def test_two_machines_of_one_name_can_be_told_apart(region, fence):
    assert fence("off", plug="twin.west")[0] == 0
    assert [command["machine"] for command in region.simulator.commands] == ["twin"]
    assert region.simulator.requests[1].startswith("POST /MAAS/api/2.0/machines/bbbb02/")


def test_a_server_that_ignores_the_search_does_not_choose_for_us(region, fence, monkeypatch):
    monkeypatch.setattr(maas_simulator, "matches", lambda machine, query: True)
    assert fence("off", plug="compute2")[0] == 0
    assert region.simulator.power.dark == {"compute2"}


# --- The other actions -----------------------------------------------------------------------


def test_status(region, fence):
    assert fence("status", plug="compute1") == (0, "on\n", "")
    region.simulator.power.off("compute1")
    assert fence("status", plug="compute1") == (2, "off\n", "")


@pytest.mark.parametrize("state", ["unknown", "error"])
def test_status_unknown(region, fence, state):
    region.machine("compute1").reports = state
    code, out, err = fence("status", plug="compute1")
    assert (code, out) == (1, "")
    assert f"the power state is {state}" in err


def test_on(region, fence):
    region.simulator.power.off("compute1")
    assert fence("on", plug="compute1")[0] == 0
    assert region.simulator.power.is_on("compute1")


def test_on_of_a_machine_that_maas_will_not_start(region, fence):
    region.simulator.power.off("compute1")
    region.simulator.faults.answers = [0.0, 409]
    code, _, err = fence("on", plug="compute1")
    assert code == 1
    assert "present state (HTTP 409" in err


def test_reboot(region, fence):
    assert fence("reboot", plug="compute1")[0] == 0
    assert [command["power"] for command in region.simulator.commands] == ["off", "on"]


def test_reboot_is_fenced_though_it_does_not_come_back(region, fence):
    region.simulator.faults.answers = [0.0, 0.0, 0.0, 0.0, 409]
    code, _, err = fence("reboot", plug="compute1")
    assert code == 0
    assert "compute1: fenced, but not powered on again: MAAS refused the action" in err


def test_reboot_of_a_machine_that_cannot_be_stopped_does_not_start_it(region, fence):
    region.machine("compute1").answers_null = True
    assert fence("reboot", plug="compute1")[0] == 1
    assert [command["power"] for command in region.simulator.commands] == ["off"]


def test_list(fence):
    assert fence("list") == (0, "compute1,aaaa01\ncompute2,aaaa02\ncompute3,aaaa03\ntwin,bbbb01\ntwin,bbbb02\n", "")
    assert fence("list", plugs="compute2, aaaa03") == (0, "compute2,aaaa02\ncompute3,aaaa03\n", "")


def test_monitor_is_one_request(region, fence):
    assert fence("monitor", plugs="compute1 compute2,compute3") == (0, "", "")
    assert region.simulator.requests == [
        "GET /MAAS/api/2.0/machines/?hostname=compute1&hostname=compute2&hostname=compute3"]


def test_monitor_of_many_machines_keeps_its_addresses_short(region, fence):
    names = [f"rack-{number:04}-with-quite-a-long-host-name" for number in range(250)]
    region.simulator.machines.update({f"x{n}": Machine(f"x{n}", name) for n, name in enumerate(names)})
    assert fence("monitor", plugs=" ".join(names))[0] == 0
    assert len(region.simulator.requests) == 3
    assert max(map(len, region.simulator.requests)) < 8000


def test_monitor_names_every_machine_that_could_not_be_fenced(region, fence):
    region.machine("compute1").locked = True
    region.machine("compute2").power_type = "manual"
    region.machine("compute3").reports = "error"
    code, _, err = fence("monitor", plugs="compute1 compute2 compute3 twin gone")
    assert code == 1
    for sentence in ("compute1: the machine is locked", "compute2: its power type in MAAS is manual",
                     "compute3: MAAS could not query its power", "twin: MAAS knows 2 machines", "gone: MAAS knows no"):
        assert sentence in err
    assert region.simulator.commands == []


@pytest.mark.parametrize("plugs", ["", "compute1"])
def test_monitor_proves_the_key(region, fence, plugs):
    assert fence("monitor", plugs=plugs)[0] == 0
    region.simulator.faults.refuse_key = True
    code, _, err = fence("monitor", plugs=plugs)
    assert code == 1
    assert "refused the API key" in err


def test_monitor_gives_a_dead_maas_up_soon(fence, monkeypatch):
    """While a device starts, the cluster fences nobody."""
    monkeypatch.setattr(agent, "REACH", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    start = time.monotonic()
    code, _, err = fence("monitor", plugs="compute1", url=f"http://127.0.0.1:{port}/MAAS", request_timeout=65)
    assert code == 1
    assert "cannot be reached: [Errno 111] Connection refused; tried for 0.2 seconds" in err
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("answers", [[503, 503], ["break"], [0.5]], ids=["503 twice", "broken", "slow"])
def test_monitor_waits_for_a_living_maas(region, fence, monkeypatch, answers):
    monkeypatch.setattr(agent, "REACH", 0.2)
    region.simulator.faults.answers = answers
    assert fence("monitor", plugs="compute1", request_timeout=65)[0] == 0


def test_validate_all_asks_nobody(region, fence):
    assert fence("validate-all") == (0, "", "")
    assert region.simulator.requests == []


# --- Options ---------------------------------------------------------------------------------


@pytest.mark.parametrize("options, words", [
    ({"url": ""}, "url '' is no address of MAAS; give it as http://maas.example.org:5240/MAAS"),
    ({"url": "maas.example.org"}, "is no address"),
    ({"url": "ftp://maas.example.org/"}, "is no address"),
    ({"url": "http://user:word@maas/MAAS"}, "is no address"),
    ({"url": "http://maas:99999/MAAS"}, "is no address"),
    ({"url": "http://maas/MAAS?x=1"}, "is no address"),
    ({"url": "http://" + "a" * 70 + "/"}, "is no address"),
    ({"power_timeout": "soon"}, "power_timeout 'soon' is not a whole number from 1 to 3600"),
    ({"power_timeout": "0"}, "power_timeout '0'"),
    ({"power_timeout": "-1"}, "power_timeout '-1'"),
    ({"request_timeout": "1e3"}, "request_timeout '1e3'"),
    ({"probe_port": "70000"}, "probe_port '70000' is not a whole number from 1 to 65535"),
    ({"addresses": "compute1"}, "addresses has 'compute1'"),
    ({"addresses": "compute1=compute1.example.org"}, "no pair of a plug and an IP address"),
    ({"ca_file": "/nonexistent"}, None),  # http: not read
    ({"ca_file": "/nonexistent", "url": "https://maas/MAAS"}, "ca_file /nonexistent holds no certificate"),
    ({"key_file": "/nonexistent"}, "key_file /nonexistent cannot be read: No such file or directory"),
])
def test_validate_all(fence, options, words):
    code, out, err = fence("validate-all", **options)
    assert (code, out) == (1 if words else 0, "")
    assert (words or "") in err


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(region, fence, mode):
    region.key_file.chmod(mode)
    code, _, err = fence("off", plug="compute1")
    assert code == 1
    assert "is open to others than its owner" in err
    assert region.simulator.requests == []


@pytest.mark.parametrize("content", ["", "a:b", "a:b:c:d", ":b:c", "a b:c:d", "a:b:c\nd:e:f", "\u00e9:b:c", "a:b:\x00"])
def test_what_is_no_key(region, fence, content):
    region.key_file.write_text(content)
    code, _, err = fence("validate-all")
    assert code == 1
    assert "does not hold one MAAS API key of the form consumer:token:secret" in err


def test_an_action_that_is_not_known(fence):
    code, _, err = fence("diagnose")
    assert code == 1
    assert "action 'diagnose' is not known; the actions are on, off" in err


def test_names_that_are_not_known_are_ignored(fence):
    assert fence("status", plug="compute1", nodename="compute1", passwd="x")[0] == 0


def test_a_redirection_is_not_followed(region, fence, monkeypatch):
    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://elsewhere.example.org/")
        handler.end_headers()

    monkeypatch.setattr(maas_simulator.Handler, "do_GET", redirect)
    code, _, err = fence("off", plug="compute1")
    assert code == 1
    assert "redirects to 'http://elsewhere.example.org/': name that server in url" in err


@pytest.mark.parametrize("body", [
    b"", b"<html>", b"null", b"{}", b'"on"', b"[1]", b"[{}]", b'[{"system_id": 1, "hostname": "compute1"}]', b"\xff",
    b"[" * 100000])
def test_answers_that_are_not_those_of_maas(fence, monkeypatch, body):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    monkeypatch.setattr(maas_simulator.Handler, "do_GET", answer)
    code, out, err = fence("off", plug="compute1")
    assert (code, out) == (1, "")
    assert "fence_maas: compute1: " in err


def test_an_echoing_server_does_not_put_the_key_into_the_log(fence, monkeypatch):
    def echo(handler):
        handler.send_error(500, "failed", handler.headers["Authorization"])

    monkeypatch.setattr(maas_simulator.Handler, "do_GET", echo)
    assert fence("off", plug="compute1")[0] == 1  # the fixture looks for the secret


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "MAAS of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256()))
    path = tmp_path_factory.mktemp("tls") / "maas.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM)
                     + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_tls(region, fence, certificate):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server = maas_simulator.Server(("127.0.0.1", 0), region.simulator, tls)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}/MAAS"
    try:
        assert fence("status", plug="compute1", url=url, ca_file=certificate) == (0, "on\n", "")
        code, _, err = fence("off", plug="compute1", url=url)
        assert code == 1
        assert "is not trusted: self-signed certificate; name the CA in ca_file" in err
        assert region.simulator.commands == []
    finally:
        server.shutdown()
        server.server_close()


# --- The command -----------------------------------------------------------------------------


def command(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, AGENT, *arguments], input=stdin, capture_output=True, check=False)


def test_command_line(region):
    result = command("--action=status", "-n", "compute1", f"--url={region.url}", "--key-file", str(region.key_file))
    assert (result.returncode, result.stdout, result.stderr) == (0, b"on\n", b"")


@pytest.mark.parametrize("arguments", [["--actoin=off"], ["off"], ["--action"], ["--action=status", "--pl=x"]])
def test_a_wrong_command_line_is_not_taken_for_off(arguments):
    result = command(*arguments)
    assert result.returncode == 1  # argparse's own 2 means "is off"
    assert result.stderr.startswith(b"fence_maas: ")


def test_metadata_is_that_of_a_fence_agent():
    result = command("--action=metadata")
    assert result.returncode == 0
    assert command(stdin=b"action=metadata\n").stdout == result.stdout
    root = ElementTree.fromstring(result.stdout)
    assert [child.tag for child in root] == ["longdesc", "vendor-url", "parameters", "actions"]
    assert [parameter.get("name") for parameter in root.iter("parameter")] == [option.name for option in agent.OPTIONS]
    for parameter in root.iter("parameter"):
        assert [child.tag for child in parameter] == ["getopt", "content", "shortdesc"]
        assert set(parameter.attrib) == {"name", "unique", "required"}
        assert parameter.find("content").get("type") in ("string", "integer", "second", "select")
    # Pacemaker hands over the machine as `plug` only when the metadata has it, and may ask for these actions.
    assert root.find(".//parameter[@name='plug']") is not None
    assert {action.get("name") for action in root.iter("action")} == set(agent.ACTIONS)
    assert root.find(".//action[@name='on']").get("automatic") == "0"


def test_manual_page_names_every_option_and_action():
    text = MANUAL.read_text().replace("\\-", "-")
    for option in agent.OPTIONS:
        assert f"\\fB-{option.short}\\fR, \\fB{option.flag}\\fR=" in text
        if option.default:
            assert f"Default: {option.default}." in text
    for action in agent.ACTIONS:
        assert f".B {action}\n" in text


@pytest.fixture(scope="module")
def quiet_key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("fuzz") / "key"
    path.write_text(KEY)
    path.chmod(0o600)
    return path


names = st.sampled_from(sorted(name.encode() for name in agent.OPTION_NAMES))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(
    st.binary(max_size=60),
    st.tuples(names, st.binary(max_size=30)).map(b"=".join),
    st.sampled_from([b"action=" + action.encode() for action in agent.ACTIONS] + [b"plug=compute1"]),
), max_size=12).map(b"\n".join))
def test_any_standard_input_ends_in_an_exit_code_and_one_sentence(quiet_key, capsys, stdin):
    # Nothing listens on port 1 and the timeouts come last, so that an input which is valid by chance ends soon.
    stdin += f"\nurl=http://127.0.0.1:1/MAAS\nkey_file={quiet_key}\npower_timeout=1\nrequest_timeout=1\n".encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "RETRY_AFTER", 2.0)
        patch.setattr(sys, "argv", ["fence_maas"])
        patch.setattr(sys, "stdin", stdin_of(stdin))
        code = agent.main()
    out, err = capsys.readouterr()
    assert code in (0, 1)
    assert SECRET not in out + err
    assert "unforeseen" not in err
    assert err.count("\n") == (1 if code else 0)


# --- The simulator is MAAS to others as well --------------------------------------------------


def signed(**changes: str) -> str:
    fields = {"oauth_version": "1.0", "oauth_signature_method": "PLAINTEXT", "oauth_nonce": "n1",
              "oauth_timestamp": str(int(time.time())), "oauth_consumer_key": "consumer", "oauth_token": "token",
              "oauth_signature": f"%26{SECRET}", **changes}
    return "OAuth " + ", ".join(f'{name}="{value}"' for name, value in fields.items())


def request(url: str, authorization: str = "", method: str = "GET", body: object = None):
    content = json.dumps(body).encode() if body is not None else None
    headers = {"Authorization": authorization}
    with urllib.request.urlopen(urllib.request.Request(url, content, headers, method=method)) as response:
        return json.load(response)


@pytest.mark.parametrize("changes, words", [
    ({"oauth_signature": "%26wrong"}, "Invalid API key"),
    ({"oauth_token": "wrong"}, "Invalid API key"),
    ({"oauth_consumer_key": "wrong"}, "Invalid API key"),
    ({"oauth_signature_method": "HMAC-SHA1"}, "Invalid API key"),
    ({"oauth_timestamp": "1"}, "Expired timestamp"),
    ({"oauth_timestamp": ""}, "Expired timestamp"),
    ({"oauth_nonce": ""}, "Nonce already used"),
    ({"oauth_nonce": "used"}, "Nonce already used"),
])
def test_simulator_checks_signatures(region, changes, words):
    request(f"{region.url}/api/2.0/machines/", signed(oauth_nonce="used"))
    with pytest.raises(urllib.error.HTTPError) as refusal:
        request(f"{region.url}/api/2.0/machines/", signed(**changes))
    assert refusal.value.code == 401
    assert words in refusal.value.read().decode()


def test_simulator_takes_faults_by_http(region, fence):
    control = region.url.removesuffix("/MAAS") + "/simulator"
    request(f"{control}/machines/compute1", method="PUT", body={"locked": True})
    assert fence("off", plug="compute1")[0] == 1
    request(f"{control}/faults", method="PUT", body={"refuse_key": True})
    assert fence("monitor")[0] == 1
    request(f"{control}/faults", method="DELETE")
    assert fence("off", plug="compute1")[0] == 0
    assert [(entry["machine"], entry["power"]) for entry in request(f"{control}/log")] == [("compute1", "off")]


def test_python_libmaas_drives_the_simulator(region):
    """A client that knows nothing of this project finds a MAAS."""
    client = pytest.importorskip("maas.client").connect(region.url + "/", apikey=KEY)
    machine = next(machine for machine in client.machines.list() if machine.hostname == "compute1")
    assert machine.query_power_state().value == "on"
    machine.power_off(comment="from python-libmaas")
    assert machine.query_power_state().value == "off"
    assert region.simulator.commands[0]["comment"] == "from python-libmaas"
