# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Keystone and a real Masakari, from PyPI, on loopback, in seconds.

The services live in a virtual environment of their own (`.cache/api-venv-*`, built once from requirements.txt),
keep their data in sqlite and run one process each. Nova alone is a stub (stub_nova.py).

    python tests/integration/cloud.py             # start it, print how to reach it, wait for Ctrl-C
    python tests/integration/cloud.py command …   # run a command with OS_CLIENT_CONFIG_FILE and OS_CLOUD set
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openstack
import yaml
from stub_nova import StubNova

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache"
VENV = CACHE / f"api-venv-{sys.version_info.major}.{sys.version_info.minor}"
TESTS = "tests"  # how requests of the tests themselves are told from those of the modules
PASSWORD = "s3cret-of-the-tests"

KEYSTONE_CONF = """\
[database]
connection = sqlite:///{dir}/keystone.db
[identity]
# Keystone checks a password for every host that Masakari creates; cheap hashes keep the tests quick.
password_hash_rounds = 4
[fernet_tokens]
key_repository = {dir}/fernet-keys
[credential]
key_repository = {dir}/credential-keys
"""

MASAKARI_CONF = """\
[DEFAULT]
transport_url = fake://
state_path = {dir}
host = tests
# A recovery stays RUNNING for this long: the tests meet it on the way.
wait_period_after_service_update = 4
notification_delay_max = 0
process_unfinished_notifications_interval = 2
retry_notification_new_status_interval = 1
periodic_fuzzy_delay = 0
os_privileged_user_auth_url = http://127.0.0.1:{keystone}/v3
os_privileged_user_name = masakari
os_privileged_user_password = {password}
os_privileged_user_tenant = service
os_region_name = RegionOne
os_user_domain_name = Default
os_project_domain_name = Default
[database]
connection = sqlite:///{dir}/masakari.db
[taskflow]
connection = sqlite:///{dir}/taskflow.db
[keystone_authtoken]
auth_url = http://127.0.0.1:{keystone}
www_authenticate_uri = http://127.0.0.1:{keystone}
auth_type = password
username = masakari
password = {password}
project_name = service
user_domain_name = Default
project_domain_name = Default
[oslo_concurrency]
lock_path = {dir}/lock
[wsgi]
api_paste_config = {dir}/api-paste.ini
"""


def build_venv() -> None:
    """Install the services' virtual environment, unless it is there already for these pins and this Python.

    Of several test runs at once, one does it and the others wait.
    """
    CACHE.mkdir(exist_ok=True)
    with open(f"{VENV}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build_venv()


def _build_venv() -> None:
    requirements = HERE / "requirements.txt"
    want = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp = VENV / "READY"
    if stamp.is_file() and stamp.read_text() == want:
        return
    print(f"building {VENV} from PyPI, once; about a minute", file=sys.stderr)
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin/pip", "install", "-qq", "-r", requirements], check=True)
    stamp.write_text(want)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def own_directory() -> Path:
    """A directory named for this process; those of processes that were killed are cleared away."""
    for left in CACHE.glob("integration-*"):
        if not Path("/proc", left.name.removeprefix("integration-")).exists():
            shutil.rmtree(left, ignore_errors=True)  # another run may be at it
    directory = CACHE / f"integration-{os.getpid()}"
    directory.mkdir(parents=True)
    return directory


def end_with_parent() -> None:
    """Have the kernel end this process when the one that started it is gone, however that went (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Cloud:
    """Starts the services in a directory of its own, and stops exactly what it started."""

    def __init__(self, hosts: list[str]) -> None:
        build_venv()
        self.dir = own_directory()
        self._questions = 0
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ports = {name: free_port() for name in ("keystone", "masakari", "masakari_old", "nova")}
        self.clouds_yaml = self.dir / "clouds.yaml"
        self.access_log = self.dir / "masakari.log"
        try:
            self.nova = StubNova(self._ports["nova"], hosts)
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda prepare: prepare(), (self._prepare_keystone, self._prepare_masakari)))
            self._start_keystone()
            self._start_masakari("masakari")
            self._write_clouds_yaml()
            self._wait_for("keystone", "/v3")
            self._fill_catalog()
            self._wait_for("masakari", "/")
        except BaseException:
            self.close(keep=True)
            raise

    # --- services --------------------------------------------------------------------------------

    def _prepare_keystone(self) -> None:
        url = f"http://127.0.0.1:{self._ports['keystone']}/v3"
        conf = self._write("keystone.conf", KEYSTONE_CONF)
        for arguments in (
            ["db_sync"],
            ["fernet_setup", "--keystone-user", "root", "--keystone-group", "root"],
            ["bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", "RegionOne",
             "--bootstrap-public-url", url, "--bootstrap-internal-url", url, "--bootstrap-admin-url", url],
        ):
            self._run("keystone-manage", "--config-file", str(conf), *arguments)
        self._log_ahead("keystone")

    def _prepare_masakari(self) -> None:
        conf = self._write("masakari.conf", MASAKARI_CONF)
        shutil.copy(VENV / "etc/masakari/api-paste.ini", self.dir)  # sought beside the configuration
        self._run("masakari-manage", "--config-file", str(conf), "db", "sync")
        self._log_ahead("masakari")

    def _log_ahead(self, database: str) -> None:
        """Readers must not lock writers out."""
        with sqlite3.connect(self.dir / f"{database}.db") as connection:
            connection.execute("PRAGMA journal_mode=WAL")

    def _start_keystone(self) -> None:
        command = [
            str(VENV / "bin/uwsgi"), "--http-socket", f"127.0.0.1:{self._ports['keystone']}",
            "--virtualenv", str(VENV), "--module", "keystone.wsgi.api:application",
            "--master", "--processes", "1", "--threads", "1", "--enable-threads", "--lazy-apps", "--die-on-term",
            "--buffer-size", "65535", "--add-header", "Connection: close",
        ]
        self._start("keystone", command, OS_KEYSTONE_CONFIG_FILES=str(self.dir / "keystone.conf"))

    def _start_masakari(self, name: str, **environment: str) -> None:
        command = [
            str(VENV / "bin/python"), str(HERE / "masakari_app.py"),
            "--config-file", str(self.dir / "masakari.conf"), "--log-file", str(self.dir / f"{name}-service.log"),
        ]
        port = str(self._ports[name])
        self._start(name, command, MASAKARI_PORT=port, OS_MASAKARI_CONFIG_DIR=str(self.dir), **environment)

    def start_old_masakari(self) -> None:
        """A second API on the same database that knows microversions up to 1.1 only; region `Old`."""
        self._start_masakari("masakari_old", MASAKARI_MAX_MICROVERSION="1.1")
        self._wait_for("masakari_old", "/")

    def _start(self, name: str, command: list[str], **environment: str) -> None:
        with open(self.dir / f"{name}.log", "wb") as log:
            self._processes.append(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=end_with_parent, cwd=self.dir, env={"PATH": os.environ["PATH"], **environment},
            ))

    def _wait_for(self, name: str, path: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._ports[name]}{path}", timeout=5)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{name} does not answer, see {self.dir}/{name}.log")

    def _write(self, name: str, template: str) -> Path:
        path = self.dir / name
        path.write_text(template.format(dir=self.dir, venv=VENV, password=PASSWORD, **self._ports))
        return path

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([VENV / "bin" / program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments)}: {done.stderr or done.stdout}")

    # --- what the cloud offers -------------------------------------------------------------------

    def _write_clouds_yaml(self) -> None:
        auth = {
            "auth_url": f"http://127.0.0.1:{self._ports['keystone']}/v3", "username": "admin", "password": PASSWORD,
            "project_name": "admin", "user_domain_name": "Default", "project_domain_name": "Default",
        }
        nowhere = f"http://127.0.0.1:{free_port()}/v3"
        clouds = {
            "default": {"auth": auth, "region_name": "RegionOne"},
            "wrong_password": {"auth": {**auth, "password": "not-" + PASSWORD}, "region_name": "RegionOne"},
            "unreachable": {"auth": {**auth, "auth_url": nowhere}, "region_name": "RegionOne"},
            "dead_endpoint": {"auth": auth, "region_name": "Dead"},
            "no_masakari": {"auth": auth, "region_name": "Empty"},
            "old_masakari": {"auth": auth, "region_name": "Old"},
            "no_privileges": {"auth": {**auth, "username": "demo", "project_name": "demo"}, "region_name": "RegionOne"},
        }
        self.clouds_yaml.write_text(yaml.safe_dump({"clouds": clouds}))

    def connect(self, cloud: str = "default") -> Any:
        config = openstack.config.OpenStackConfig(config_files=[str(self.clouds_yaml)], load_envvars=False)
        return openstack.connection.Connection(config=config.get_one(cloud=cloud), app_name=TESTS)

    def _fill_catalog(self) -> None:
        identity = self.connect().identity
        roles = {role.name: role.id for role in identity.roles()}
        for user, project, role in (("masakari", "service", "admin"), ("demo", "demo", "member")):
            project_id = identity.create_project(name=project, domain_id="default").id
            user_id = identity.create_user(name=user, password=PASSWORD, domain_id="default").id
            identity.assign_project_role_to_user(project_id, user_id, roles[role])
        services = {
            "instance-ha": identity.create_service(name="masakari", type="instance-ha").id,
            "compute": identity.create_service(name="nova", type="compute").id,
            "identity": next(identity.services(type="identity")).id,
        }
        for region, service, port, path in (
            ("RegionOne", "instance-ha", self._ports["masakari"], "/v1"),
            ("RegionOne", "compute", self._ports["nova"], "/v2.1"),
            ("Old", "instance-ha", self._ports["masakari_old"], "/v1"),
            ("Old", "compute", self._ports["nova"], "/v2.1"),
            ("Dead", "instance-ha", free_port(), "/v1"),
            ("Empty", "compute", self._ports["nova"], "/v2.1"),
        ):
            if region != "RegionOne" and not any(r.id == region for r in identity.regions()):
                identity.create_region(id=region)
            identity.create_endpoint(
                service_id=services[service], interface="public", region_id=region,
                url=f"http://127.0.0.1:{port}{path}",
            )

    # --- for tests -------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """The process environment, without any OS_* of the caller's, pointing at this cloud."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        return {**kept, "OS_CLIENT_CONFIG_FILE": str(self.clouds_yaml), "OS_CLOUD": "default"}

    def requests(self) -> list[str]:
        """Requests of the modules that Masakari's API has answered, `METHOD path status`; discovery left out."""
        self._questions += 1
        question = f"/?question={self._questions}"
        self._wait_for("masakari", question)  # logged after all that was answered before
        while question not in (log := self.access_log.read_text(errors="replace")):
            time.sleep(0.01)
        lines = [line.split(" ", 4)[1:] for line in log.splitlines() if line.startswith("REQUEST ")]
        return [
            f"{method} {path} {status}" for method, path, status, agent in lines
            if not agent.startswith(TESTS) and path.startswith("/v1/")
        ]

    @property
    def auth(self) -> dict[str, str]:
        return yaml.safe_load(self.clouds_yaml.read_text())["clouds"]["default"]["auth"]

    def segments(self) -> dict[str, dict[str, str]]:
        """What is really there: segment → host → its flags."""
        ha = self.connect().instance_ha
        return {
            segment.name: {
                host.name: " ".join(flag for flag in ("reserved", "on_maintenance") if getattr(host, flag))
                for host in ha.hosts(segment.uuid)
            }
            for segment in ha.segments()
        }

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Put rows into Masakari's database, where its API would take too long or its engine has nothing to do."""
        columns = list(rows[0])
        marks = ", ".join("?" * len(columns))
        with sqlite3.connect(self.dir / "masakari.db", timeout=30) as database:
            database.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
                [[row[column] for column in columns] for row in rows],
            )

    def reset(self) -> None:
        """No segment, no notification, no guest, all of Nova enabled."""
        with sqlite3.connect(self.dir / "masakari.db", timeout=30) as database:
            for table in ("vmoves", "notifications", "hosts", "failover_segments"):
                database.execute(f"DELETE FROM {table}")
        self.nova.servers.clear()
        self.nova.aggregates.clear()
        for service in self.nova.services.values():
            service.update(status="enabled", disabled_reason=None, state="up", updated_at=None, forced_down=False)

    def close(self, keep: bool = False) -> None:
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if hasattr(self, "nova"):
            self.nova.close()
        if not keep:
            shutil.rmtree(self.dir)


def main() -> int:
    started = time.monotonic()
    cloud = Cloud([f"compute{n}" for n in range(1, 4)])
    try:
        if len(sys.argv) > 1:
            return subprocess.run(sys.argv[1:], env=cloud.environment, check=False).returncode
        print(f"up after {time.monotonic() - started:.1f} s: export OS_CLIENT_CONFIG_FILE={cloud.clouds_yaml} "
              f"OS_CLOUD=default PATH={VENV}/bin:$PATH", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        return 0
    finally:
        cloud.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
