# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.openstack_ha.masakari` importable from the checkout, as ansible does it."""

from __future__ import annotations

from pathlib import Path

from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

COLLECTIONS = Path(__file__).resolve().parents[1] / ".cache" / "collections"

if AnsibleCollectionConfig.collection_finder is None:
    # The collections of the ansible package are found beside it, on sys.path.
    _AnsibleCollectionFinder(paths=[str(COLLECTIONS)])._install()
