"""Digests by which the same content is recognised."""

import json
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any


def digest_of(content: Any) -> str:  # noqa: ANN401  # whatever json accepts
    """Return the SHA-256 of something that can be written as JSON."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
