"""run.py and the bundle, in a small project of its own with two made-up wheels and no network."""

import ast
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).parents[1]
FONT_WHEEL = "pylopdf_fonts_zh_cn-1.0-py3-none-any.whl"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and sh")
MAKE_DEMO = """
import sys
from pathlib import Path

folder = Path(sys.argv[sys.argv.index("--home") + 1]) / "demo"
folder.mkdir(parents=True)
(folder / "project.toml").write_text("synthetic = true")
"""


def load_bundle():
    spec = importlib.util.spec_from_file_location("bundle", ROOT / ".ci" / "bundle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder: Path, filename: str, files: dict[str, str]) -> str:
    """Write a wheel and return its line of the lock."""
    name, version = filename.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(folder / filename, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    digest = hashlib.sha256((folder / filename).read_bytes()).hexdigest()
    return f"{name.replace('_', '-')}=={version}{{}} \\\n    --hash=sha256:{digest}\n    # via nothing\n"


def call(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess:
    env = {**env, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=300, check=False
    )


def start(project: Path, *words: str, **variables: str) -> subprocess.CompletedProcess:
    """Run run.py in a project with pip told of nothing but the project's own wheels."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "HUAPIAN_"))}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
    env |= {"PIP_FIND_LINKS": (project / "house").as_uri()} | variables
    return call([sys.executable, "run.py", *words], project, env)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that is set up, with the test environment's packages visible to its own environment."""
    top = tmp_path_factory.mktemp("project") / "划片 plan"  # a blank and Chinese in the path, as users have
    for folder in (".ci", ".streamlit", "house", "zoning", "data"):
        (top / folder).mkdir(parents=True)
    for name in ("run.py", ".ci/bundle.py", ".streamlit/config.toml", "pyproject.toml"):
        shutil.copyfile(ROOT / name, top / name)
    (top / "zoning" / "__init__.py").write_text("def warm() -> None: ...\n")
    (top / "data" / "__init__.py").write_text("")
    (top / "data" / "make_demo.py").write_text(MAKE_DEMO)
    lines = wheel(top / "house", FONT_WHEEL, {f"pylopdf_fonts_zh_cn/{run.FONT}": "font"}).format("")
    lines += wheel(top / "house", "colorama-0.1-py3-none-any.whl", {"colorama.py": ""}).format(
        " ; sys_platform == 'win32'"
    )
    (top / "requirements.txt").write_text(lines)
    first = start(top, "setup")
    assert first.returncode == 0, first.stderr
    assert "安装" in first.stdout
    assert "合成数据" in first.stdout
    packages = next((top / ".venv").glob("[lL]ib/**/site-packages"))
    (packages / "tests.pth").write_text(str(Path(pytest.__file__).parents[1]))
    return top


@pytest.fixture
def copy(project, tmp_path):
    """A copy of the project to spoil."""
    return Path(shutil.copytree(project, tmp_path / "copy", symlinks=True))


def old_pythons() -> list[str]:
    names = [shutil.which(f"python3.{minor}") for minor in range(6, 11)]
    kept = sorted((Path.home() / ".pyenv" / "versions").glob("3.[6-9].*/bin/python"))
    return [name for name in names if name and "shims" not in name] + [str(path) for path in kept]


def test_an_old_python_can_parse_run():
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.skipif(not old_pythons(), reason="no old Python on this machine")
@pytest.mark.parametrize("python", old_pythons())
def test_an_old_python_reads_a_sentence_in_both_languages(python):
    done = call([python, str(ROOT / "run.py")], ROOT, dict(os.environ))
    assert done.returncode == 1
    assert "请安装 Python 3.12" in done.stderr
    assert "install Python 3.12" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_tests_lock_holds_the_apps_lock():
    def pins(path):
        lines = path.read_text(encoding="utf-8").splitlines()
        return {line.rstrip(" \\") for line in lines if line[:1].isalnum()}

    assert pins(run.LOCK) <= pins(run.TEST_LOCK)


def test_no_lock_names_an_index():
    for lock in (run.LOCK, run.TEST_LOCK):
        assert "http" not in lock.read_text(encoding="utf-8")


def test_a_second_setup_installs_nothing(project):
    again = start(project, "setup")
    assert again.returncode == 0, again.stderr
    assert again.stdout == ""
    assert (project / "static" / run.FONT).read_text() == "font"


def test_a_changed_lock_is_installed(copy):
    with (copy / "requirements.txt").open("a") as lock:
        lock.write(wheel(copy / "house", "newcomer-1.0-py3-none-any.whl", {"newcomer.py": ""}).format(""))
    done = start(copy, "setup")
    assert done.returncode == 0, done.stderr
    assert "Successfully installed newcomer-1.0" in done.stdout


def test_an_environment_without_its_python_is_made_again(copy):
    settings = copy / ".venv" / "pyvenv.cfg"
    lines = settings.read_text().splitlines()
    gone = ["home = /no/such/python" if line.startswith("home") else line for line in lines]
    settings.write_text("\n".join(gone))
    done = start(copy, "setup")
    assert done.returncode == 0, done.stderr
    assert "making the environment" in done.stdout


def test_a_wrong_hash_stops_with_a_sentence(copy):
    lock = copy / "requirements.txt"
    lock.write_text(wheel(copy / "house", "newcomer-1.0-py3-none-any.whl", {"newcomer.py": ""}).format(""))
    wheel(copy / "house", "newcomer-1.0-py3-none-any.whl", {"newcomer.py": "changed = True"})
    done = start(copy, "setup")
    assert done.returncode == 1
    assert "校验值不符" in done.stderr
    assert "does not match its locked hash" in done.stderr


def test_a_dead_network_stops_with_a_sentence(copy):
    with (copy / "requirements.txt").open("a") as lock:
        lock.write(f"newcomer==1.0 --hash=sha256:{'0' * 64}\n")
    dead = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    done = start(copy, "setup", **dead)
    assert done.returncode == 1
    assert "连不上软件源" in done.stderr
    assert "cannot be reached" in done.stderr


def test_a_python_without_venv_stops_with_a_sentence(copy):
    shutil.rmtree(copy / ".venv")
    code = "import sys; sys.modules['ensurepip'] = None; import run; run.main(['setup'])"
    done = call([sys.executable, "-c", code], copy, dict(os.environ))
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert "缺少 venv" in done.stderr


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "磁盘已满"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "没有适合本机的软件包"),
        ("WARNING: Retrying after connection broken by 'X'\nERROR: No matching distribution", "连不上软件源"),
        ("something else", "安装失败"),
    ],
)
def test_what_pip_says_becomes_one_sentence(complaint, sentence):
    with pytest.raises(SystemExit, match=sentence):
        run.stop_for(complaint)


def test_a_taken_port_is_said_and_the_default_moves_on(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemExit, match="已被占用"):
            run.free_port(taken.getsockname()[1])
    with pytest.raises(SystemExit, match="not allowed"):
        run.free_port(70000)
    assert run.free_port(None) in range(8501, 8551)


def test_unknown_words_are_refused_but_pass_to_pytest():
    assert run.command_line(["test", "-k", "walk", "tests/test_run.py"])[1] == [
        "-k",
        "walk",
        "tests/test_run.py",
    ]
    with pytest.raises(SystemExit):
        run.command_line(["setup", "--nonsense"])


@posix
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_app_starts_on_loopback_and_stops_cleanly(project, sign):
    (project / "app.py").write_text("import streamlit as st\n\nst.title('划片')\n")
    (project / "ui" / "pages").mkdir(parents=True, exist_ok=True)
    (project / "ui" / "pages" / "overview.py").touch()
    for name in ("serve.py", "uploads.py"):
        shutil.copy(ROOT / "ui" / name, project / "ui")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "run.py", "--no-browser", "--port", str(port)]
    env = os.environ | {"http_proxy": "http://127.0.0.1:9", "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        assert direct.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=10).read() == b"ok"
        process.send_signal(sign)
        assert process.wait(timeout=30) == 0
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
    pytest.fail("the app still listens")


@pytest.mark.parametrize(
    ("target", "release", "inside", "outside"),
    [
        ("windows-x64", "3.12.0", "colorama==0.4.6", "numpy==2.4.6"),
        ("linux-x64", "3.11.0", "numpy==2.4.6", "colorama==0.4.6"),
        ("linux-aarch64", "3.13.0", "watchdog==7.1.0", "colorama==0.4.6"),
    ],
)
def test_the_lock_is_read_for_the_target_not_for_this_machine(target, release, inside, outside):
    lines = load_bundle().target_lock(target, release)
    assert inside in lines
    assert outside not in lines
    assert all(" --hash=sha256:" in line and ";" not in line for line in lines.values())


def test_a_bundle_names_the_wheels_it_lacks(project):
    done = start(project, "bundle", "--platform", "windows-x64", "--python", HERE, "--out", "out")
    assert done.returncode == 0, done.stderr
    (project / "house" / "colorama-0.1-py3-none-any.whl").rename(project / "colorama.bak")
    shutil.rmtree(project / "out")
    done = start(project, "bundle", "--platform", "windows-x64", "--python", HERE, "--out", "out")
    (project / "colorama.bak").rename(project / "house" / "colorama-0.1-py3-none-any.whl")
    assert done.returncode == 1
    assert "lacks the wheels of: colorama==0.1" in done.stderr


def test_a_bundle_for_another_python_stops_with_a_sentence(copy):
    (copy / "wheels").mkdir()
    (copy / "wheels" / "TARGET").write_text("windows-x64 3.10\n")
    done = start(copy, "setup")
    assert done.returncode == 1
    assert "此离线包适用于 windows-x64 3.10" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="unpacks and starts a Linux bundle")
def test_a_bundle_installs_in_a_fresh_folder_without_an_index(project, tmp_path):
    target = f"linux-{ {'x86_64': 'x64'}.get(os.uname().machine, os.uname().machine) }"
    mine = project / "data" / "projects" / "mine"
    mine.mkdir(parents=True, exist_ok=True)
    (mine / "project.toml").write_text("synthetic = false")
    done = start(project, "bundle", "--platform", target, "--python", HERE, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (packed,) = tmp_path.glob("*.zip")
    with zipfile.ZipFile(packed) as archive:
        names = {name.split("/", 1)[1] for name in archive.namelist()}
        bat = archive.read(f"{packed.stem}/启动划片.bat")
        archive.extractall(tmp_path)
    assert {"run.py", "启动划片.sh", f"wheels/{FONT_WHEEL}", "data/projects/demo/project.toml"} <= names
    assert not [name for name in names if name.startswith((".venv", "static", "data/projects/mine"))]
    assert bat.count(b"\r\n") == bat.count(b"\n") > 10
    fresh = tmp_path / packed.stem
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = call(["sh", "启动划片.sh", "setup"], fresh, env)
    assert done.returncode == 0, done.stderr
    assert (fresh / "static" / run.FONT).exists()
    assert "合成数据" not in done.stdout  # the demo came along
