"""The version of the package, in one place for pyproject.toml and the device."""

__version__ = "0.1.0"
