# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook `verify` sees what is wrong, and changes nothing."""

from __future__ import annotations

import pytest
from lab import ansible_playbook, cloud, connect

pytestmark = pytest.mark.usefixtures("free_reserve")


def verify_stops_with(sentence: str, *arguments: str) -> None:
    run = ansible_playbook("verify", *arguments)
    assert run.code != 0
    assert sentence in " ".join(run.output.split()), run.output[-3000:]
    assert run.changed == set()


def test_verify_sees_a_segment_that_is_not_as_declared() -> None:
    cloud("openstack segment host update --reserved=False S1 compute3")
    try:
        verify_stops_with("Segment S1 is not as declared. To make it so, the playbook segments would:")
    finally:
        assert ansible_playbook("segments").changed == {"infra1"}
    run = ansible_playbook("verify")
    assert run.code == 0, run.output
    assert run.changed == set()


def test_verify_sees_a_service_that_does_not_run() -> None:
    connect("infra2").check_output("systemctl stop masakari-engine")
    try:
        verify_stops_with("masakari-engine is inactive on infra2")
    finally:
        connect("infra2").check_output("systemctl start masakari-engine")


def test_verify_sees_a_reserved_host_that_may_take_guests() -> None:
    cloud("openstack compute service set --enable compute3 nova-compute")
    try:
        verify_stops_with("Host compute3 is reserved in its segment, but Nova would place guests on it.")
    finally:
        assert ansible_playbook("segments").changed == {"infra1"}


def test_verify_sees_an_api_that_does_not_answer() -> None:
    nowhere = "--extra-vars=masakari_api_service_port=1"
    verify_stops_with("TASK [openstack_ha.masakari.masakari : The API of each host answers]", nowhere)


def test_verify_sees_a_catalog_that_cannot_be_asked() -> None:
    nowhere = "--extra-vars=masakari_service_setup_cloud=nowhere"
    verify_stops_with("TASK [openstack_ha.masakari.masakari : The API answers through the catalog]", nowhere)
