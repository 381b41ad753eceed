# The two commands: make demo · make test. Each line calls one tool; what a tool does stands with the tool.
.DEFAULT_GOAL := help
.PHONY: help bootstrap demo test lint sanity units integration images molecule cluster failover soak ovs-dpdk pairs benchmark changelog pins shell clean

VENV ?= .venv
export VENV
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export MOLECULE_GLOB := molecule/*/molecule.yml
# Tools keep their caches in the checkout, whatever HOME says.
export XDG_CACHE_HOME := $(CURDIR)/.cache
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
# So do modules of Ansible that run on this machine: a third of what they take is to be compiled.
export PYTHONPATH := $(CURDIR)/molecule/shared/keep_bytecode
export BYTECODE_DIRECTORY := $(CURDIR)/.cache/bytecode

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## install Debian packages and the virtual environment (idempotent)
	@./bootstrap

demo: bootstrap ## build a cloud on this machine, install Masakari on it, show it
	@molecule/default/demo

test: bootstrap ## everything that must pass
	@$(MAKE) --jobs=2 INTEGRATION='-m "not long"' integration images lint sanity units
	@$(MAKE) molecule

lint: bootstrap ## ansible-lint (production), yamllint, ruff, mypy, changelog fragments, generated pages
	ruff check
	yamllint --strict .
	MYPYPATH=.cache/collections mypy -p ansible_collections.openstack_ha.masakari.plugins --cache-dir .cache/mypy
	antsibull-changelog lint
	docs/generate.py --check
	ansible-lint --strict

sanity: bootstrap ## ansible-test sanity
	tests/sanity/run

units: bootstrap ## unit tests of plugins and argument specs
	pytest --numprocesses=2 --dist=worksteal tests/unit

integration: bootstrap ## the modules against a real Keystone and Masakari API from PyPI
	pytest --numprocesses=2 --dist=worksteal tests/integration $(INTEGRATION)  # a cloud each

images: bootstrap ## the lab's images, unless they are there
	molecule/default/machine
	molecule/default/images trixie bookworm:base

molecule: bootstrap ## the lab's own tests and the roles on real hosts: scenarios default, masakari, cluster, masakari_distro
	molecule/default/scenarios

cluster: bootstrap ## every test of the cluster and its fencing on the lab (make test runs the quick ones)
	molecule/default/all cluster

failover: bootstrap ## every drill and every fault on the lab, with real guests (make test runs two)
	molecule/default/all failover

soak: ## 20 random drills on the lab that make failover left; repeat one with make soak SEED=…
	molecule/failover/soak 20 $(SEED)

ovs-dpdk: ## OVS-DPDK in a virtual machine (not part of make test yet)
	@./bootstrap e2fsprogs openssh-client qemu-system-x86
	molecule test --scenario-name ovs_dpdk

changelog: bootstrap ## the release of the version in galaxy.yml: CHANGELOG.rst from the fragments
	tests/changelog

pairs: ## units and integration on the other pair of ansible and openstacksdk: make pairs PYTHON=python3.12
	$(MAKE) VENV=.venv-py312 PYTHON=$(or $(PYTHON),python3.12) units integration

benchmark: bootstrap ## our modules against the openstack client and the bare SDK
	python tests/benchmark/segments.py
	python tests/benchmark/inventory.py
	python tests/benchmark/cib.py

shell: ## a shell on a host of the lab: make shell HOST=cloud1
	@podman exec -it $(or $(HOST),cloud1) bash -l

pins: ## renew requirements-py311.txt or requirements-py312.txt from requirements.in
	tests/pins

clean: ## remove the lab, its images and every generated file
	@[ ! -e .cache/containers ] || molecule/default/podman --purge
	rm -rf .cache .ansible $(VENV)
