"""The command line as a person or a chart types it: every option told, every mistake named, one exit code each."""

import os
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from ideogram_operator.cli.main import main
from ideogram_operator.resource.crd import crd_yaml

CODE = "import sys; from ideogram_operator.cli.main import main; main(prog_name='ideogram-operator')"
FLAGS = [
    "kubeconfig",
    "namespace",
    "allow-host",
    "control-url",
    "ca-file",
    "read-only",
    "switch-name",
    "listen",
    "lease",
    "lease-duration",
    "identity",
    "max-rollouts",
    "max-flips-per-minute",
    "log-format",
    "log-level",
]


def typed(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("IDEOGRAM_OPERATOR_")}
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", CODE, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean | environment,
    )


def parsed(*words: str, **environment: str) -> Result:
    """The same for what is refused, or answered, before anything is done."""
    return CliRunner().invoke(main, [*words], prog_name="ideogram-operator", env=environment)


def kubeconfig(tmp_path: Path, port: int) -> Path:
    path = tmp_path / "config"
    path.write_text(
        f"""apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: u, user: {{token: canary-token}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
"""
    )
    return path


def unreachable(tmp_path: Path) -> Path:
    """A kubeconfig of a cluster that does not answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return kubeconfig(tmp_path, free.getsockname()[1])


@pytest.fixture(scope="module")
def told() -> str:
    return parsed("run", "--help").stdout


@pytest.mark.parametrize("flag", FLAGS)
def test_help_names_every_option_and_its_variable(told: str, flag: str) -> None:
    assert f"--{flag}" in told
    assert f"IDEOGRAM_OPERATOR_{flag.replace('-', '_').upper()}" in told.replace("\n", "").replace(" ", "")


def test_help_names_no_option_that_this_list_does_not(told: str) -> None:
    found = {word.strip(",") for word in told.split() if word.startswith("--")}
    assert found == {f"--{flag}" for flag in FLAGS} | {"--help"}


def test_help_tells_the_exit_codes(told: str) -> None:
    said = " ".join(told.split())
    assert "0 stopped, 1 configuration, 2 cluster unreachable at start, 3 another operator took the Lease" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--allow-host", "https://user@x/y"], "not a host"),
        (["--allow-host", "a b"], "not a host"),
        (["--switch-name", "("], "not a regular expression"),
        (["--control-url", "status.example.com"], "not an http or https URL"),
        (["--ca-file", "/nowhere/ca.pem"], "does not exist"),
        (["--max-rollouts", "0"], "x>=1"),
        (["--lease", "ideogram-operator"], "is not NAMESPACE/NAME"),
        (["--lease", "ops/Lease"], "is not NAMESPACE/NAME"),
        (["--lease-duration", "1"], "3<=x<=600"),
        (["--log-level", "loud"], "is not one of"),
        (["--nonsense"], "No such option"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_bad_option_is_named_and_ends_with_1(words: list[str], says: str) -> None:
    done = parsed("run", *words)
    assert done.exit_code == 1
    assert says in " ".join(done.stderr.split())


def test_a_bad_variable_is_named_as_well() -> None:
    done = parsed("run", IDEOGRAM_OPERATOR_MAX_ROLLOUTS="many")
    assert done.exit_code == 1
    assert "many" in done.stderr


@pytest.mark.parametrize("listen", ["8080", "127.0.0.1:99999", "127.0.0.1:²", "nowhere.invalid:8080"])
def test_an_address_that_cannot_be_listened_on_ends_with_1(listen: str, tmp_path: Path) -> None:
    done = typed("run", "--kubeconfig", str(unreachable(tmp_path)), "--listen", listen)
    assert done.returncode == 1
    assert f"--listen {listen}" in done.stderr.replace("'", "")
    assert "Traceback" not in done.stderr


def test_a_ca_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    done = typed("run", "--kubeconfig", str(unreachable(tmp_path)), "--ca-file", str(tmp_path / "ca.pem"))
    assert done.returncode == 1
    assert "--ca-file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = typed("run", "--kubeconfig", str(unreachable(tmp_path)), "--listen", listen)
    assert done.returncode == 1
    assert listen in done.stderr


@pytest.mark.parametrize("content", [None, "", "{}", "not: [valid", "apiVersion: v1\nkind: Config\n"])
def test_a_kubeconfig_that_names_no_cluster_ends_with_2(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    done = typed("run", "--kubeconfig", str(path), "--listen", "127.0.0.1:0")
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_of_a_cluster_and_without_a_kubeconfig_it_says_so() -> None:
    done = typed("run", "--listen", "127.0.0.1:0")
    assert done.returncode == 2
    assert "ServiceAccount" in done.stderr


def test_a_cluster_that_does_not_answer_ends_with_2(tmp_path: Path) -> None:
    done = typed("run", "--kubeconfig", str(unreachable(tmp_path)), "--listen", "127.0.0.1:0")
    assert done.returncode == 2
    assert "does not answer" in done.stderr
    assert "canary-token" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_crd_prints_what_kubectl_applies() -> None:
    done = parsed("crd")
    assert done.exit_code == 0
    assert done.stdout == crd_yaml()


def test_version() -> None:
    assert parsed("--version").stdout.startswith("ideogram-operator, version ")


class WithoutCRD(BaseHTTPRequestHandler):
    """An API server that knows no integrations."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_waits_for_the_crd_ends_it_with_0(name: signal.Signals, tmp_path: Path) -> None:
    """The first process of a container does not even die of a signal that it does not handle."""
    api = ThreadingHTTPServer(("127.0.0.1", 0), WithoutCRD)
    Thread(target=api.serve_forever, daemon=True).start()
    config = kubeconfig(tmp_path, api.server_port)
    command = [sys.executable, "-c", CODE, "run", "--kubeconfig", str(config), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as operator:  # noqa: S603 - our own words
        assert operator.stderr is not None
        assert "CustomResourceDefinition is not installed" in operator.stderr.readline()
        operator.send_signal(name)
        assert operator.wait(20) == 0
    api.shutdown()
    api.server_close()
