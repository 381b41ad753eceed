"""Stands in for get-pip.py in ansible-test's virtual environments: the interpreter brings its own pip.

ansible-test runs it as: get_pip.py <pip options> <package==version>... --no-setuptools --no-wheel
"""
from __future__ import annotations

import subprocess
import sys

arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
# In a process of its own: ensurepip switches pip's configuration off for the process it runs in.
subprocess.check_call([sys.executable, "-m", "ensurepip"])
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *arguments]))
