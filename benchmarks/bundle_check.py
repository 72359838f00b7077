"""Whether bundles hold every wheel, and whether this machine's one installs and starts with the network cut.

    python -m benchmarks.bundle_check [--python 3.12] [--out FOLDER] [--targets windows-x64,linux-x64]

Downloads about 250 MB a target. The installation runs in a network namespace with nothing but loopback
(`unshare -n`, Linux, root); without that right it runs with the network in place and says so. Prints one JSON
line a step.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import run

PORT = 8695
# Inside the namespace: raise loopback, see that nothing else answers, then do as a planner does.
SCRIPT = """
set -e
ip link set lo up 2>/dev/null || ifconfig lo up
if "$1" -c 'import socket; socket.create_connection(("192.0.2.1", 80), 2)' 2>/dev/null; then exit 9; fi
exec "$@"
"""


def report(**values: object) -> None:
    """Print one JSON line."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


def pack(target: str, python: str, out: Path) -> Path | None:
    """Build one bundle; return its zip, or None where it failed."""
    begin = time.monotonic()
    words = ["bundle", "--platform", target, "--python", python, "--out", str(out)]
    done = subprocess.run([sys.executable, "run.py", *words], cwd=run.ROOT, check=False)
    path = next(out.glob(f"huapian-*-{target}-py{python.replace('.', '')}.zip"), None)
    if done.returncode or path is None:
        report(step="pack", target=target, ok=False)
        return None
    with zipfile.ZipFile(path) as archive:
        wheels = sum(name.endswith(".whl") for name in archive.namelist())
        sound = archive.testzip() is None
    megabytes, seconds = path.stat().st_size // 10**6, round(time.monotonic() - begin, 1)
    report(step="pack", target=target, ok=sound, wheels=wheels, megabytes=megabytes, seconds=seconds)
    return path if sound else None


def cut_off(command: list[str]) -> list[str]:
    """Return the command as run without a network where this user may cut it, else unchanged."""
    namespace = [shutil.which("unshare") or "unshare", "-n"]
    try:
        allowed = subprocess.run([*namespace, "true"], check=False).returncode == 0
    except OSError:
        allowed = False
    report(step="network", cut=allowed)
    return [*namespace, "sh", "-c", SCRIPT, command[0], *command] if allowed else command


def outcome(packed: Path, python: str) -> bool:
    """Unpack a bundle into a fresh folder, install, start, ask for its health, stop."""
    with tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(scratch)
        folder = Path(scratch) / packed.stem
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "HUAPIAN_"))}
        begin = time.monotonic()
        setup = cut_off([python, "run.py", "--offline", "setup"])
        ready = subprocess.run(setup, cwd=folder, env=env, check=False).returncode == 0
        report(step="setup", ok=ready, seconds=round(time.monotonic() - begin, 1))
        return ready and starts(cut_off([python, "run.py", "--no-browser", "--port", str(PORT)]), folder, env)


def starts(command: list[str], folder: Path, env: dict[str, str]) -> bool:
    """Start the app; True when run.py has seen it healthy (it says so) and it then stops cleanly."""
    begin = time.monotonic()
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, encoding="utf-8") as process:
        line = next((line for line in process.stdout or () if f"127.0.0.1:{PORT}" in line), "")
        seconds = round(time.monotonic() - begin, 1)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
    report(step="start", ok=bool(line), seconds=seconds, exit_code=code)
    return bool(line) and code == 0


def main() -> int:
    """Check every target; return 1 when anything failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = "{}.{}".format(*sys.version_info[:2])
    parser.add_argument("--python", default=here, help="only a bundle for this Python is also installed")
    parser.add_argument("--out", type=Path, default=run.ROOT / "dist")
    parser.add_argument("--targets", default=",".join(run.TARGETS))
    given = parser.parse_args()
    packed = {name: pack(name, given.python, given.out.resolve()) for name in given.targets.split(",")}
    mine = packed.get(run.host_target())
    works = outcome(mine, sys.executable) if mine and given.python == here else True
    return int(not (all(packed.values()) and works))


if __name__ == "__main__":
    sys.exit(main())
