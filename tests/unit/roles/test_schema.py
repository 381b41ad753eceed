# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema is written when the version changes, and not because another host is the first of the run."""

from __future__ import annotations

import pytest

HOSTS = ["infra1", "infra2", "infra3"]
PART = {"ansible.builtin.import_role": {"name": "openstack_ha.masakari.masakari", "tasks_from": "service_database"}}


@pytest.fixture
def cloud(lab):
    """Hosts of a Masakari whose newest schema is the second one; `schema` is what the database has."""
    schema = lab.directory / "schema"
    for name, script in {
        "masakari-python": f"cat >/dev/null; printf '{{\"current\": \"%s\", \"newest\": \"2\"}}' $(cat {schema})",
        "masakari-status": "true",
        "masakari-manage": f"echo 2 >{schema}; touch {lab.directory}/synchronised",
    }.items():
        (lab.directory / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (lab.directory / "bin" / name).chmod(0o755)
    lab.start(*HOSTS)
    return lab


def bring_up_to_date(lab, host, *arguments):
    run = lab.play(host, PART, arguments=arguments, ansible_become=False, masakari_bin=f"{lab.directory}/bin",
                   __masakari_python=f"{lab.directory}/bin/masakari-python", masakari_system_user_home=".",
                   __masakari_hosts_of_services=HOSTS)
    assert run.code == 0, run.output
    return bool(run.changed), (lab.directory / "synchronised").exists()


@pytest.mark.parametrize(("schema", "stamps", "written"), [
    ("2", {}, True),
    ("2", {"infra1": "1", "infra3": "2"}, False),
    ("2", {"infra2": "1", "infra3": "2"}, True),
    ("1", {"infra1": "2"}, True),
], ids=["half written", "another has the stamp", "an older stamp here", "an older database"])
def test_the_schema(cloud, schema, stamps, written):
    (cloud.directory / "schema").write_text(schema)
    for host, stamp in stamps.items():
        (cloud[host] / "schema-revision").write_text(stamp)
    assert bring_up_to_date(cloud, "infra2") == (written, written)
    if written:
        assert (cloud["infra2"] / "schema-revision").read_text() == "2"
        assert bring_up_to_date(cloud, "infra2")[0] is False


def test_hosts_that_are_down_know_nothing(cloud):
    cloud["infra1"].rename(cloud["gone"])
    assert bring_up_to_date(cloud, "infra2") == (True, True)
    (cloud["infra3"] / "schema-revision").write_text("2")
    (cloud["infra2"] / "schema-revision").unlink()
    assert bring_up_to_date(cloud, "infra2")[0] is False
