"""Write the zip of one target system: the app, its wheels, the demo project and two double-click starters.

`python3 run.py bundle` starts it, in the environment it has made, as `bundle.py TARGET PYTHON FOLDER`.
"""

import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import run

BAT = """@echo off
chcp 65001 >nul
pushd "%~dp0"
set PYTHON=
py -{0} -c "" >nul 2>nul && set PYTHON=py -{0}
if defined PYTHON goto start
python -c "import sys; sys.exit(sys.version_info[:2] != ({1}))" >nul 2>nul && set PYTHON=python
if defined PYTHON goto start
echo 没有找到 Python {0}(64 位)。请先安装,安装时勾选 Add python.exe to PATH,再双击本文件。
echo Python {0} (64-bit) was not found. Install it, tick "Add python.exe to PATH", then start this file again.
pause
exit /b 1
:start
%PYTHON% run.py --offline %*
if errorlevel 1 pause
"""
SH = """#!/bin/sh
cd "$(dirname "$0")" || exit 1
for python in python{0} python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info[:2] != ({1}))' 2>/dev/null; then
        exec "$python" run.py --offline "$@"
    fi
done
echo "没有找到 Python {0}(64 位),请先安装。 / Python {0} (64-bit) was not found: install it first." >&2
exit 1
"""


def tracked() -> list[str]:
    """Return the files that git tracks here, as paths from the project's folder; none without git."""
    command = [shutil.which("git") or "git", "-C", str(run.ROOT), "ls-files", "-z"]
    try:
        listed = subprocess.check_output(command, stderr=subprocess.DEVNULL)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in listed.decode().split("\0") if (run.ROOT / name).is_file()]


def walked() -> list[str]:
    """Return the project's files as a walk finds them, less what run.py, the tools and the user have made."""
    tools = (".git/", ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".hypothesis/")
    made = (*tools, ".venv/", "wheels/", "static/", "dist/", "data/projects/", "启动划片")
    paths = (
        path for path in sorted(run.ROOT.rglob("*")) if path.is_file() and "__pycache__" not in path.parts
    )
    names = (path.relative_to(run.ROOT).as_posix() for path in paths)
    return [name for name in names if not name.startswith(made)]


def target_lock(target: str, release: str) -> dict[str, str]:
    """Return the lock's lines that hold for a target, by name and version, without their markers.

    pip judges markers by the machine it runs on, whatever --platform says; so they are judged here.
    """
    system, machine, _ = run.TARGETS[target]
    values = {
        "python_version": release.rpartition(".")[0],
        "python_full_version": release,
        "sys_platform": system,
        "platform_machine": machine,
        "platform_system": "Windows" if system == "win32" else "Linux",
        "os_name": "nt" if system == "win32" else "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    lines = {}
    for line in run.LOCK.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line[:1].isalnum():
            wanted, hashes = line.split(" --hash", 1)
            requirement = Requirement(wanted)
            if requirement.marker is None or requirement.marker.evaluate(values):
                pin = f"{canonicalize_name(requirement.name)}{requirement.specifier}"
                lines[pin] = f"{pin} --hash{hashes}\n"
    return lines


def download(lines: dict[str, str], target: str, release: str, folder: Path) -> str:
    """Fetch the wheels of some lock lines for a target; return pip's complaints, if any."""
    options = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--dest", str(folder)]
    for tag in run.TARGETS[target][2]:
        options += ["--platform", tag]
    with tempfile.TemporaryDirectory() as scratch:
        lock = Path(scratch) / "requirements.txt"
        lock.write_text("".join(lines.values()), encoding="utf-8")
        return run.pip("download", "--quiet", *options, "--python-version", release, "-r", str(lock))


def fetch(lines: dict[str, str], target: str, release: str, folder: Path) -> None:
    """Fetch the wheels of some lock lines; where one does not exist for the target, fetch all the others."""
    complaints = download(lines, target, release, folder) if lines else ""
    if complaints and "No matching distribution" not in complaints:
        run.stop_for(complaints)
    for pin in lines if complaints else ():
        download({pin: lines[pin]}, target, release, folder)


def wheels(target: str, version: str, folder: Path) -> list[Path]:
    """Return every wheel the target needs, fetched into a folder; stop with the list of those missing."""
    # A lock line may hold for some patch releases only: take what the last and the first of them need.
    needed: dict[str, str] = {}
    for release in (version + ".99", version + ".0"):
        lines = {pin: line for pin, line in target_lock(target, release).items() if pin not in needed}
        fetch(lines, target, release, folder)
        needed |= lines
    have = {}
    for wheel in folder.glob("*.whl"):
        name, number, _, _ = parse_wheel_filename(wheel.name)
        have[f"{name}=={number}"] = wheel
    missing = ", ".join(sorted(needed.keys() - have))
    if missing:
        run.stop(f"{target} 缺少这些软件包:{missing}", f"{target} lacks the wheels of: {missing}")
    return [have[pin] for pin in sorted(needed)]


def contents(folder: Path) -> dict[str, Path]:
    """Return what goes in besides the wheels, by its path in the zip, with a demo project made in a folder.

    The demo is made afresh: a planner's own projects and drafts never leave the machine in a bundle.
    """
    run.build_demo(folder)
    found = {name: run.ROOT / name for name in tracked() or walked()}
    made = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return found | {f"data/projects/{path.relative_to(folder).as_posix()}": path for path in made}


def write(path: Path, *, fetched: list[Path], target: str, version: str) -> None:
    """Write the zip; everything in it lies in one folder of the zip's name."""
    top = path.stem
    starter = zipfile.ZipInfo(f"{top}/启动划片.sh")
    starter.external_attr = 0o100755 << 16  # executable
    with (
        tempfile.TemporaryDirectory() as scratch,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, file in contents(Path(scratch)).items():
            archive.write(file, f"{top}/{name}")
        for wheel in fetched:
            archive.write(wheel, f"{top}/wheels/{wheel.name}", zipfile.ZIP_STORED)
        archive.writestr(f"{top}/wheels/TARGET", f"{target} {version}\n")
        archive.writestr(
            f"{top}/启动划片.bat", BAT.format(version, version.replace(".", ", ")).replace("\n", "\r\n")
        )
        archive.writestr(starter, SH.format(version, version.replace(".", ", ")))


def main(target: str, version: str, out: str) -> None:
    """Write one bundle and say where it is."""
    settings = tomllib.loads((run.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    python = "py" + version.replace(".", "")
    path = Path(out) / f"huapian-{settings['project']['version']}-{target}-{python}.zip"
    folder = path.parent / f"wheels-{target}-{python}"
    folder.mkdir(parents=True, exist_ok=True)
    fetched = wheels(target, version, folder)
    write(path, fetched=fetched, target=target, version=version)
    megabytes = path.stat().st_size // 10**6
    run.say(
        f"已写出 {path}({megabytes} MB,{len(fetched)} 个软件包)",
        f"written, {megabytes} MB with all {len(fetched)} wheels",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
