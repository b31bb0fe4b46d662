"""Write moto.lock: what the S3 server of the tests needs, hash-locked, in an environment of its own (see objects.py).

Run with the report of: pip install --dry-run --ignore-installed --report FILE "moto[s3]" flask flask-cors
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = [
        f"{i['metadata']['name'].lower()}=={i['metadata']['version']} --hash=sha256:{i['download_info']['archive_info']['hashes']['sha256']}"
        for i in report["install"]
    ]
    (Path(__file__).parent / "moto.lock").write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")
