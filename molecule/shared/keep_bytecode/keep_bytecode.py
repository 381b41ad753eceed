"""Keep the bytecode of what Python imports from a zip, as Python itself does for files.

Each of Ansible's modules comes as a zip with the sources of all it uses. To compile them is a third of what a task
costs, and seconds on an emulated processor. The lab's hosts and the VM of scenario ovs_dpdk have this in their image
(keep_bytecode.pth), what make starts on this machine has it by PYTHONPATH (sitecustomize.py).

python3 keep_bytecode.py DIRECTORY...: compile all sources below these beforehand.
"""
import marshal
import os
import sys
import zipimport
from _imp import source_hash

# Who may not write there, as most users of a host, compiles as ever.
DIRECTORY = os.environ.get("BYTECODE_DIRECTORY", "/var/cache/bytecode")
compile_source = zipimport._compile_source


def kept(path, source):
    file = f"{DIRECTORY}/{source_hash(0, source).hex()}.{sys.implementation.cache_tag}"
    try:
        with open(file, "rb", buffering=0) as cache:
            return marshal.loads(cache.read())
    except OSError:
        code = compile_source(path, source)
    try:
        os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
        with open(f"{file}.{os.getpid()}", "wb") as cache:
            cache.write(marshal.dumps(code))
        os.replace(cache.name, file)
    except OSError:
        pass
    return code


if __name__ == "__main__":
    for place in sys.argv[1:]:
        for directory, _directories, names in os.walk(place):
            for name in names:
                if name.endswith(".py"):
                    path = os.path.join(directory, name)
                    with open(path, "rb") as source:
                        kept(path, source.read())
else:
    zipimport._compile_source = kept
