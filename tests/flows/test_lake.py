"""What a lake asks for before it is opened, and what it says; tests/flows/clients/test_ducklake.py opens one."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import CostwattError, UsageError
from flows import lake
from flows.settings import load_settings
from flows.warehouse import only_writer, open_warehouse

ADDRESS = "ducklake:postgresql://costwatt:canary%2Fpass@/warehouse?host=/nowhere&sslmode=disable"


def test_duckdb_is_the_file_of_home(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, warehouse="duckdb")
    settings.paths.make()
    with only_writer(settings), open_warehouse(settings) as con:
        assert con.execute("select current_database()").fetchall() == [("warehouse",)]
    assert (tmp_path / "warehouse.duckdb").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("warehouse", "data", "why"),
    [
        ("ducklake:sqlite:canary", "s3://lake", "neither duckdb nor ducklake:postgresql"),
        ("mysql://canary", "s3://lake", "neither duckdb nor ducklake:postgresql"),
        (ADDRESS, "", "needs WAREHOUSE_DATA"),
        (ADDRESS, "https://lake", "needs WAREHOUSE_DATA"),
    ],
)
def test_a_wrong_address_is_one_line_without_its_password(tmp_path: Path, warehouse: str, data: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        load_settings(home=tmp_path, warehouse=warehouse, warehouse_data=data)
    assert "canary" not in str(refused.value)


def test_a_catalog_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, warehouse=ADDRESS, warehouse_data=str(tmp_path / "data"))
    settings.paths.make()
    with pytest.raises(CostwattError, match="the lake cannot be opened") as opened, open_warehouse(settings):
        pass
    with pytest.raises(CostwattError, match="the lake's catalog") as locked, only_writer(settings):
        pass
    for refused in (opened, locked):
        assert "canary" not in str(refused.value)
        assert "\n" not in str(refused.value)
    assert settings.hide("canary/pass, canary%2Fpass") == "***, ***"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lake, "EXTENSIONS", ("not_installed",))
    settings = load_settings(home=tmp_path, warehouse=ADDRESS, warehouse_data="s3://lake")
    settings.paths.make()
    with pytest.raises(CostwattError, match=r"pip install 'costwatt\[lake\]'"), open_warehouse(settings):
        pass


def test_data_on_s3_needs_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings(home=tmp_path, warehouse=ADDRESS, warehouse_data="s3://lake")
    settings.paths.make()
    with pytest.raises(CostwattError, match="boto3 finds no AWS credentials"), open_warehouse(settings):
        pass
