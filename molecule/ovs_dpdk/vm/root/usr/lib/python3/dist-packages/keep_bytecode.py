"""Keep the bytecode of what Python imports from a zip, as Python itself does for files.

Each of Ansible's modules comes as a zip with the sources of all it uses. To compile them takes as long as the rest:
seconds on an emulated processor.
"""
import marshal
import os
import zipimport
from _imp import source_hash

DIRECTORY = "/var/cache/bytecode"  # made with the image
compile_source = zipimport._compile_source


def kept(path, source):
    file = f"{DIRECTORY}/{source_hash(0, source).hex()}"
    try:
        with open(file, "rb", buffering=0) as cache:
            return marshal.loads(cache.read())
    except OSError:
        code = compile_source(path, source)
    with open(f"{file}.{os.getpid()}", "wb") as cache:
        cache.write(marshal.dumps(code))
    os.replace(cache.name, file)
    return code


zipimport._compile_source = kept
