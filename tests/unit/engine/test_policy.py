"""Protected data stays on this machine unless a host was allowed by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.errors import PolicyError
from medtrust.core.model import ModelIdentity
from medtrust.core.records import Access
from medtrust.engine.policy import check_egress, is_loopback
from medtrust.run import evaluate
from parts.conversations import sample
from parts.question_files import write_questions
from servers.fault_server import FaultServer

HERE = ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.5", "127.255.255.254", "::1", "[::1]", None]
ELSEWHERE = [
    "api.example.com", "localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.1.evil.example",
    "localhost.", "mylocalhost", "10.0.0.1", "192.168.1.1", "0.0.0.0", "128.0.0.1", "::2",
    "2130706433", "0x7f000001", "127.1", "", "loopback", "fe80::1",
]  # fmt: skip


@pytest.mark.parametrize("host", HERE)
def test_these_hosts_are_this_machine(host: str | None) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_these_hosts_are_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


def identity(host: str | None) -> ModelIdentity:
    return ModelIdentity("openai", "m", host=host)


PROTECTED = [Access.GATED, Access.PHI]


@pytest.mark.parametrize("access", PROTECTED)
@pytest.mark.parametrize("host", ELSEWHERE)
def test_protected_data_may_not_go_elsewhere(access: Access, host: str) -> None:
    samples = [sample(1), replace(sample(2), access=access)]
    with pytest.raises(PolicyError) as refusal:
        check_egress(samples, [identity(host)], frozenset())
    said = str(refusal.value)
    assert said.startswith("Refused: protected data would leave this machine")
    assert f"{access.value}: mine (1 samples)" in said
    assert f"--allow-host {host}" in said


@pytest.mark.parametrize("host", HERE)
def test_protected_data_may_go_to_models_on_this_machine(host: str | None) -> None:
    check_egress([replace(sample(1), access=Access.PHI)], [identity(host)], frozenset())


def test_public_data_may_go_anywhere() -> None:
    check_egress([sample(1)], [identity("api.example.com")], frozenset())


def test_the_judge_is_checked_like_the_model() -> None:
    samples = [replace(sample(1), access=Access.PHI)]
    with pytest.raises(PolicyError, match=r"judge\.example\.com"):
        check_egress(samples, [identity(None), identity("judge.example.com")], frozenset())


@pytest.mark.parametrize("typed", ["api.example.com", "API.example.com"])
def test_a_host_allowed_by_name_may_see_protected_data(typed: str) -> None:
    samples = [replace(sample(1), access=Access.PHI)]
    check_egress(samples, [identity("api.example.com")], frozenset({typed}))


def test_allowing_one_host_allows_no_other() -> None:
    samples = [replace(sample(1), access=Access.PHI)]
    for host in ("other.example.com", "evil.api.example.com", "api.example.com.evil.example"):
        with pytest.raises(PolicyError, match="Refused"):
            check_egress(samples, [identity(host)], frozenset({"api.example.com"}))


def test_a_sample_is_protected_unless_it_says_otherwise() -> None:
    from medtrust.core.records import Kind, Sample

    assert Sample(id="x:1", question="q", kind=Kind.OPEN).access is Access.PHI


def run(tmp_path: Path, **values: Any) -> Any:
    questions = write_questions(tmp_path, 3)
    return evaluate(tasks=["folder"], data={"folder": questions}, out=tmp_path / "run", **values)


@pytest.mark.parametrize("host", ["localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0"])
def test_a_run_on_own_data_is_refused_before_anything_is_sent_or_written(
    tmp_path: Path, host: str
) -> None:
    with FaultServer() as server:
        base_url = f"http://{host}:{server.port}/v1"
        with pytest.raises(PolicyError, match="Refused"):
            run(tmp_path, model="openai/m", base_url=base_url)
    assert server.connections == 0
    assert not (tmp_path / "run").exists()


def test_a_run_with_a_judge_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"judge\.example"):
        run(
            tmp_path, model="simulated/constant", model_options={"answer": "yes"},
            judge="openai/j", judge_url="https://judge.example/v1",
        )  # fmt: skip


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_run_against_this_machine_is_allowed(tmp_path: Path, host: str) -> None:
    with FaultServer() as server:
        done = run(tmp_path, model="openai/m", base_url=f"http://{host}:{server.port}/v1")
    assert done.left is None
    assert len(server.requests) == 3


def test_an_allowed_host_is_recorded(tmp_path: Path) -> None:
    with FaultServer() as server:
        done = run(
            tmp_path, model="openai/m", base_url=f"http://127.0.0.1:{server.port}/v1",
            allow_host=["api.example.com"],
        )  # fmt: skip
    assert done.manifest["policy"] == {"allowed_hosts": ["api.example.com"]}


def test_a_redirect_takes_protected_data_nowhere(tmp_path: Path) -> None:
    from medtrust.core.errors import ModelError
    from servers.fault_server import redirect

    with FaultServer() as other, FaultServer(redirect(other.base_url)) as server:
        with pytest.raises(ModelError, match="redirect"):
            run(tmp_path, model="openai/m", base_url=server.base_url)
        assert other.connections == 0


def test_a_proxy_of_the_environment_sees_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as proxy, FaultServer() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        run(tmp_path, model="openai/m", base_url=server.base_url)
        assert (proxy.connections, len(server.requests)) == (0, 3)
