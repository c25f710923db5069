from pathlib import Path

import pytest

from connectors.errors import SchemaDrift, SourceUnavailable, UnsafeAddress, UsageError
from connectors.huggingface_config import huggingface_config, read_config
from connectors.web import Web
from tests.fakes import huggingface
from tests.fakes.server import Fault, Server

PATH = "/resolve/main/config.json"


def web(*, offline: bool = False) -> Web:
    return Web(offline=offline, retries=1, backoff_s=0.01)


def test_a_config_is_fetched_through_the_hubs_own_redirect(tmp_path: Path) -> None:
    with Server([huggingface.fake()]) as server:
        path = huggingface_config(web(), server.url("huggingface"), huggingface.REPOSITORY, tmp_path)
    assert read_config(path)["num_hidden_layers"] == 64
    assert read_config(path)["rms_norm_eps"] == pytest.approx(1e-6)


def test_a_second_look_costs_no_body_and_none_works_offline(tmp_path: Path) -> None:
    with Server([huggingface.fake()]) as server:
        url = server.url("huggingface")
        first = huggingface_config(web(), url, huggingface.REPOSITORY, tmp_path)
        sent = server.bytes_sent
        assert huggingface_config(web(), url, huggingface.REPOSITORY, tmp_path) == first
        assert server.bytes_sent == sent
    assert huggingface_config(web(offline=True), url, huggingface.REPOSITORY, tmp_path) == first
    assert huggingface_config(web(), url, huggingface.REPOSITORY, tmp_path) == first  # the server is gone


def test_without_copy_and_network_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="--config FILE"):
        huggingface_config(web(offline=True), "https://huggingface.co", huggingface.REPOSITORY, tmp_path)


@pytest.mark.parametrize(
    ("repository", "why"),
    [
        (huggingface.GATED, "gated"),
        ("org/never-heard-of", "not on"),
        (huggingface.NO_CONFIG, "no config.json"),
        ("Qwen3-32B", "not a repository"),
        ("../../etc/passwd", "not a repository"),
        ("org/..", "not a repository"),
        ("org/name?x=1", "not a repository"),
    ],
)
def test_what_cannot_be_had_is_a_persons_error(tmp_path: Path, repository: str, why: str) -> None:
    with Server([huggingface.fake()]) as server, pytest.raises(UsageError, match=why):
        huggingface_config(web(), server.url("huggingface"), repository, tmp_path)


def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path) -> None:
    with Server([huggingface.fake()]) as server, pytest.raises(UnsafeAddress, match="not followed"):
        huggingface_config(web(), server.url("huggingface"), huggingface.AWAY, tmp_path)


def test_a_login_page_never_replaces_the_copy(tmp_path: Path) -> None:
    with Server([huggingface.fake()]) as server:
        url = server.url("huggingface")
        path = huggingface_config(web(), url, huggingface.REPOSITORY, tmp_path)
        server.faults.append(Fault(PATH, status=200, body=b"<html>log in</html>"))
        with pytest.raises(SchemaDrift, match=r"expected a config\.json"):
            huggingface_config(web(), url, huggingface.REPOSITORY, tmp_path)
        assert read_config(path)["model_type"] == "qwen3"


@pytest.mark.parametrize("text", ["[1, 2]", "", "{", "null", "[" * 100_000, "\x00\xff"])
def test_what_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    with pytest.raises(SchemaDrift, match="expected a"):
        read_config(file)
