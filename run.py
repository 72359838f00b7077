#!/usr/bin/env python3
"""Set up and start huapian (划片) with nothing but a Python 3.11 to 3.13.

    python3 run.py                  install what is missing, then start the app on this machine
    python3 run.py setup [--city]   install only, and build the demo project
    python3 run.py test [ARGS]      install what the tests need, then ruff, mypy, pytest (ARGS go to pytest)
    python3 run.py bundle --platform windows-x64|linux-x64|linux-aarch64
                                    write a zip that installs and starts without a network

Standard library only, and the syntax of Python 3.6, so that an old Python still reads the sentence below.
"""

import argparse
import errno
import hashlib
import importlib.util
import io
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path
from typing import NoReturn

OLDEST, NEWEST = (3, 11), (3, 13)
if not OLDEST <= sys.version_info[:2] <= NEWEST or sys.maxsize < 2**32:
    sys.exit(
        "需要 64 位的 Python 3.11 至 3.13,当前是 {0}.{1}:请安装 Python 3.12(64 位)后用它运行 run.py。\n"
        "A 64-bit Python 3.11 to 3.13 is needed, this is {0}.{1}: "
        "install Python 3.12 (64-bit) and run run.py with it.".format(*sys.version_info[:2])
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WHEELS = ROOT / "wheels"
LOCK = ROOT / "requirements.txt"
TEST_LOCK = ROOT / "tests" / "requirements.txt"
FONT = "NotoSansSC-Regular.otf"
PORT = 8501
ROOM = 2 * 10**9  # bytes; the environment takes 1.2 GB, 1.6 GB with the tools of the tests
WINDOWS = sys.platform == "win32"

# Per target: sys.platform, machine, pip's tags. glibc 2.28 is what 统信 UOS 20 and 银河麒麟 V10 have.
LINUX = ["manylinux2014"] + ["manylinux_2_" + minor for minor in ("17", "24", "26", "27", "28")]
TARGETS = {
    "windows-x64": ("win32", "AMD64", ["win_amd64"]),
    "linux-x64": ("linux", "x86_64", [tag + "_x86_64" for tag in LINUX]),
    "linux-aarch64": ("linux", "aarch64", [tag + "_aarch64" for tag in LINUX]),
}

# What pip prints, and what it means to the person at the keyboard; the first match counts.
PIP_FAULTS = (
    (
        ("No space left on device", "[Errno 28]", "WinError 112"),
        "磁盘已满:请腾出至少 2 GB 空间后重试。",
        "The disk is full: free at least 2 GB and try again.",
    ),
    (
        ("DO NOT MATCH THE HASHES",),
        "软件包与锁定的校验值不符(损坏或被替换):请重试,仍不行请检查所用的软件源。",
        "A package does not match its locked hash (damaged or replaced): try again, then check the index.",
    ),
    (
        ("connection broken", "ConnectionError", "getaddrinfo", "name resolution", "ProxyError", "timed out"),
        "连不上软件源:请检查网络和代理;内网请在 pip 配置中填写本单位的软件源,或改用离线包(run.py bundle)。",
        "The package index cannot be reached: check network and proxy, set your own index in pip's "
        "configuration, or use the offline bundle (run.py bundle).",
    ),
    (
        ("No matching distribution", "Could not find a version"),
        "没有适合本机的软件包:请用 64 位 Python 3.12,Linux 需 glibc 2.28 以上。",
        "No package fits this machine: use a 64-bit Python 3.12 (Linux: glibc 2.28 or newer).",
    ),
)


def say(chinese: str, english: str) -> None:
    """Print one line in both languages."""
    print(chinese + " / " + english, flush=True)


def stop(chinese: str, english: str) -> NoReturn:
    """End with a sentence in both languages and exit code 1."""
    sys.exit(chinese + "\n" + english)


def python() -> str:
    """Return the path of the environment's interpreter."""
    return str(VENV / ("Scripts/python.exe" if WINDOWS else "bin/python"))


def environment(*, offline: bool = False) -> dict[str, str]:
    """Return the variables of child processes; offline, pip sees neither its settings nor an index."""
    keep = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    if offline:
        keep = {name: value for name, value in keep.items() if not name.startswith("PIP_")}
        keep["PIP_CONFIG_FILE"] = os.devnull
    keep.update(PYTHONUTF8="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_USER="0")
    return keep


def site_packages() -> Path:
    """Return the environment's package folder, whether or not it exists."""
    return next(VENV.glob("lib/python3*/site-packages"), VENV / "Lib" / "site-packages")


def venv_version() -> str:
    """Return the Python version of a usable environment, else an empty string."""
    try:
        lines = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    settings = dict(line.split(" = ", 1) for line in lines if " = " in line)
    version = settings.get("version", "")
    fits = version.startswith(("3.11.", "3.12.", "3.13."))
    there = (Path(settings.get("home", "nowhere")), Path(python()), site_packages() / "pip")
    return version if fits and all(path.exists() for path in there) else ""


def make_venv() -> None:
    """Make .venv, or make it again where its Python is gone or was never finished."""
    if venv_version():
        return
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        stop(
            "本机 Python 缺少 venv 组件:Debian/Ubuntu/UOS 请先执行 sudo apt install python3-venv。",
            "This Python lacks venv: on Debian, Ubuntu or UOS run sudo apt install python3-venv first.",
        )
    if shutil.disk_usage(ROOT).free < ROOM:
        stop(*PIP_FAULTS[0][1:])
    say("正在建立运行环境 .venv", "making the environment .venv")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)], env=environment()):
        stop("无法建立 .venv:请检查此文件夹是否可写。", "Cannot make .venv: is this folder writable?")


def pip(*arguments: str, offline: bool = False) -> str:
    """Run pip, showing what it shows; return its complaints where it failed, else an empty string."""
    command, variables = [python(), "-m", "pip", *arguments], environment(offline=offline)
    complaints = ""
    with subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.PIPE) as process:
        for line in process.stderr or ():
            complaints += line.decode(errors="replace")
            sys.stderr.write(line.decode(errors="replace"))
    return (complaints or "pip") if process.returncode else ""


def stop_for(complaints: str) -> NoReturn:
    """End with the sentence that fits what pip complained of."""
    for marks, chinese, english in PIP_FAULTS:
        if any(mark.lower() in complaints.lower() for mark in marks):
            stop(chinese, english)
    stop("软件包安装失败,原因见上。", "The packages could not be installed; the reason stands above.")


def stamped(name: str, *contents: bytes) -> tuple[Path, str, bool]:
    """Return a stamp's file, the value it should hold now, and whether it holds it."""
    value = venv_version() + " " + hashlib.sha256(b"".join(contents)).hexdigest()
    path = VENV / ("huapian-" + name + ".stamp")
    return path, value, path.exists() and path.read_text(encoding="utf-8") == value


def host_target() -> str:
    """Return which of the targets this machine is, or its system and machine."""
    here = (sys.platform, platform.machine().lower())
    names = [name for name, (system, machine, _) in TARGETS.items() if (system, machine.lower()) == here]
    return names[0] if names else "-".join(here)


def check_target() -> None:
    """Stop where the wheels beside run.py are meant for another system or Python."""
    here = host_target() + " {}.{}".format(*sys.version_info[:2])
    mark = WHEELS / "TARGET"
    wanted = mark.read_text(encoding="utf-8").strip() if mark.exists() else here
    if wanted != here:
        stop(
            f"此离线包适用于 {wanted},本机是 {here}:请换用对应的离线包或 Python。",
            f"This bundle is for {wanted}, here is {here}: use the matching bundle or Python.",
        )


def install(lock: Path, *, offline: bool) -> None:
    """Install a lock file's packages, wheels only, each checked against its hash, unless they are there."""
    if offline:
        check_target()
    make_venv()
    stamps = [stamped("app", LOCK.read_bytes())]
    if lock == TEST_LOCK:  # it holds every line of the app's lock
        stamps.append(stamped("tests", lock.read_bytes()))
    if all(current for _, _, current in stamps):
        return
    say("正在安装软件包,首次约需几分钟", "installing packages; the first time takes some minutes")
    options = ["--require-hashes", "--only-binary", ":all:", "--no-deps"]
    options += ["--no-index", "--find-links", str(WHEELS)] if offline else []
    complaints = pip("install", *options, "-r", str(lock), offline=offline)
    if complaints:
        stop_for(complaints)
    for path, value, _ in stamps:
        path.write_text(value, encoding="utf-8")


def child(*arguments: str) -> int:
    """Run the environment's Python in the project folder and return its exit code."""
    return subprocess.call([python(), *arguments], cwd=ROOT, env=environment())


def prepare() -> None:
    """Put the font where the app serves it and compile the engine; nothing to do on a later start."""
    font, served = site_packages() / "pylopdf_fonts_zh_cn" / FONT, ROOT / "static" / FONT
    if not served.exists() or served.stat().st_size != font.stat().st_size:
        served.parent.mkdir(exist_ok=True)
        shutil.copyfile(font, served)
    compiled = [*(ROOT / "zoning").glob("*.py"), *(ROOT / "gis").glob("paths.py")]
    sources = [source.read_bytes() for source in sorted(compiled)]
    path, value, current = stamped("warm", LOCK.read_bytes(), *sources)
    if not current:
        say("正在编译划片引擎", "compiling the zoning engine")
        if child("-c", "import zoning; zoning.warm()"):
            stop("划片引擎编译失败,原因见上。", "The zoning engine was not compiled; see above.")
        path.write_text(value, encoding="utf-8")


def projects_home() -> Path:
    """Return the folder of the projects, as planning.project.home() does."""
    given = os.environ.get("HUAPIAN_HOME", "").strip()
    return ROOT / (Path(given).expanduser() if given else "data/projects")


def build_demo(home: Path, *, city: bool = False) -> None:
    """Build the synthetic demo of one county where there is no project, or of the whole city when asked."""
    if city or not any(home.glob("*/project.toml")):
        say("正在生成演示项目(合成数据)", "building the demo project (synthetic data)")
        if child("-m", "data.make_demo", "--city" if city else "--county", "--home", str(home)):
            stop("演示项目生成失败,原因见上。", "The demo project was not built; see above.")


def free_port(wanted: int | None) -> int:
    """Return the port asked for, or the first free one from 8501; stop when the one asked for is taken."""
    for port in [wanted] if wanted else range(PORT, PORT + 50):
        with socket.socket() as probe:
            option = "SO_EXCLUSIVEADDRUSE" if WINDOWS else "SO_REUSEADDR"
            probe.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
        if not wanted and port != PORT:
            say(f"端口 {PORT} 已被占用,改用 {port}", f"port {PORT} is taken, using {port}")
        return port
    stop(
        f"端口 {wanted or PORT} 已被占用或不可用:请用 --port 换一个,例如 --port 8600。",
        f"Port {wanted or PORT} is taken or not allowed: choose another with --port, such as --port 8600.",
    )


def healthy(process: subprocess.Popen[bytes], address: str) -> bool:
    """Wait for the app to answer; False when it ended or stayed silent for two minutes."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(1200):
        try:
            with direct.open(address + "/_stcore/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            if process.poll() is not None:
                return False
            time.sleep(0.1)
    return False


def start(*, port: int, browser: bool) -> int:
    """Serve the app on this machine alone until Ctrl-C."""
    address = f"http://127.0.0.1:{port}"
    options = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    options += ["--browser.gatherUsageStats", "false"]
    command = [python(), "-m", "ui.serve", *options]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    desktop = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    process = subprocess.Popen(command, cwd=ROOT, env=environment())
    try:
        if not healthy(process, address):
            stop("划片没有启动,原因见上。", "huapian did not start; the reason stands above.")
        say(f"划片已启动:{address}(按 Ctrl-C 停止)", f"huapian runs at {address} (Ctrl-C stops it)")
        if browser and (desktop or not sys.platform.startswith("linux")):
            webbrowser.open(address)  # without a desktop a text browser would take the terminal
        return process.wait()
    except KeyboardInterrupt:
        say("正在停止", "stopping")
        return 0
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the app: politely, then for certain. On Windows Ctrl-C has already reached it."""
    if not WINDOWS:
        process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()


def find_browser() -> str:
    """Return the path of a Chromium, Chrome or Edge on this machine, else an empty string."""
    names = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
    places = [os.environ.get("HUAPIAN_BROWSER")] + [shutil.which(name) for name in names]
    roots = [os.environ.get(name, "/") for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")]
    tails = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
    places += [root + "/" + tail for root in roots for tail in tails]
    apps = ("Google Chrome", "Chromium", "Microsoft Edge")
    places += [f"/Applications/{app}.app/Contents/MacOS/{app}" for app in apps]
    return next((place for place in places if place and Path(place).is_file()), "")


def install_browser() -> int:
    """Install Debian's Chromium where none is found and apt may be used; 0 when there is a browser."""
    root = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    if not find_browser() and shutil.which("apt-get") and (not root or shutil.which("sudo")):
        for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.call([*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", *words])
    if find_browser():
        return 0
    say("没有浏览器:请安装 Chromium、Chrome 或 Edge", "no browser found: install Chromium, Chrome or Edge")
    return 1


def test(arguments: list[str]) -> int:
    """Run every check, report each, and return 1 when any failed."""
    failed = {"chromium": install_browser()}
    os.environ["HUAPIAN_BROWSER"] = find_browser()
    failed["ruff check"] = child("-m", "ruff", "check", ".")
    failed["ruff format"] = child("-m", "ruff", "format", "--check", ".")
    # Files in the order of their names: those of the browser, which take longest, are not left for the end.
    pytest = ["pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "25"]
    with subprocess.Popen([python(), "-m", "mypy"], cwd=ROOT, env=environment()) as mypy:
        failed["pytest"] = child("-m", *pytest, *arguments)
    failed["mypy"] = mypy.returncode
    for stage, code in failed.items():
        say(*((f"{stage:12}失败", "failed") if code else (f"{stage:12}通过", "passed")))
    return int(any(failed.values()))


def command_line(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; what it does not know goes to pytest."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form, allow_abbrev=False)
    add = parser.add_argument
    add("verb", nargs="?", default="run", choices=["run", "setup", "test", "bundle"])
    add("--port", type=int, help="run: the port; by default 8501 or the next free one")
    add("--no-browser", action="store_true", help="run: do not open a browser")
    add("--offline", action="store_true", help="install from wheels/ beside run.py; so done where it exists")
    add("--city", action="store_true", help="setup: build the demo of the whole city")
    add(
        "--platform",
        choices=sorted(TARGETS),
        default="windows-x64",
        help="bundle: for which system (windows-x64)",
    )
    add("--python", choices=["3.11", "3.12", "3.13"], default="3.12", help="bundle: for which Python (3.12)")
    add("--out", type=Path, default=ROOT / "dist", help="bundle: into which folder (dist)")
    known, rest = parser.parse_known_args(words)
    if rest and known.verb != "test":
        parser.error("unknown: " + " ".join(rest))
    return known, rest


def main(words: list[str]) -> int:
    """Carry out one command; return the exit code."""
    known, rest = command_line(words)
    port = free_port(known.port) if known.verb == "run" else 0
    install(TEST_LOCK if known.verb == "test" else LOCK, offline=known.offline or WHEELS.is_dir())
    prepare()
    if known.verb == "test":
        return test(rest)
    if known.verb == "bundle":
        return child(".ci/bundle.py", known.platform, known.python, str(known.out.resolve()))
    build_demo(projects_home(), city=known.city)
    return start(port=port, browser=not known.no_browser) if known.verb == "run" else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console without Chinese shows question marks
        sys.stdout.reconfigure(errors="replace")
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        stop("已中止。", "Stopped.")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        stop(*PIP_FAULTS[0][1:])
