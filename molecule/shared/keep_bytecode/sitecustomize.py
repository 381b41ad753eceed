"""What Python imports at its start from a directory of PYTHONPATH."""
import keep_bytecode  # noqa: F401
