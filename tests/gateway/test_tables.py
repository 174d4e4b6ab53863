"""A firm's own table: mapped once, remembered by version, certified by it, and read again by who has the profile."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.conftest import World, assetcert

EXPORT = (
    "发票号码,开票日期,发票类型代码,销方税号,购方税号,价税合计,金额,税额,币种\n"
    "RC-9001,2026-07-20,380,9150000000000022XC,915000000000001236,1130.00,1000.00,130.00,CNY\n"
)


def _export(folder: Path, text: str = EXPORT) -> Path:
    path = folder / "erp export.csv"
    path.write_text(text, encoding="gb18030")
    return path


def test_an_export_is_other_until_its_mapping_is_confirmed(own: World, tmp_path: Path) -> None:
    export = _export(tmp_path)
    assert assetcert("inspect", export, home=own.home).json["files"][0]["kind"] == "other"
    refused = assetcert("map", export, "--as", "M2", home=own.home)
    assert refused.code != 0
    assert not (own.home / "profiles").exists()

    mapped = assetcert("map", export, "--as", "M2", "--yes", home=own.home).json
    assert (mapped["kind"], mapped["version"], mapped["profile"]) == ("invoice", 1, "erp-export")
    read = assetcert("inspect", export, "--as", "M2", home=own.home).json["files"][0]
    assert read["kind"] == "invoice"
    assert read["facts"]["total"] == "1130"
    assert read["facts"]["seller_id"] == "9150000000000022XC"
    assert assetcert("inspect", export, "--as", "M1", home=own.home).json["files"][0]["kind"] == "other"


def test_the_same_mapping_keeps_its_version_and_another_is_the_next(own: World, tmp_path: Path) -> None:
    versions = [
        assetcert("map", _export(tmp_path, text), "--as", "M2", "--yes", home=own.home).json["version"]
        for text in (EXPORT, EXPORT, EXPORT.replace("币种", "Currency"), EXPORT)
    ]
    assert versions == [1, 1, 2, 1]


def test_certified_by_a_profile_and_checked_with_it_alone(own: World, tmp_path: Path) -> None:
    export = _export(tmp_path)
    assetcert("map", export, "--as", "M2", "--yes", home=own.home)
    certified = assetcert("certify", export, "--as", "M2", "--out", tmp_path / "out", home=own.home).json
    receipt = certified["assets"][0]["receipt"]

    def facts(*options: object) -> tuple[str, str | None]:
        report = assetcert("verify", receipt, export, *options, home=own.home).json
        (check,) = (check for check in report["checks"] if check["code"] == "FACTS")
        return check["verdict"], check["cause"]

    assert facts() == ("VALID", None)
    profile = (own.home / "profiles").rename(tmp_path / "profiles") / "M2" / "erp-export.1.json"
    assert facts() == ("UNKNOWN", "UNSUPPORTED")
    assert facts("--profile", profile) == ("VALID", None)


def test_what_is_no_table_says_so(own: World, tmp_path: Path) -> None:
    done = assetcert("map", own.paper("M1/invoice.xml"), "--as", "M1", "--yes", home=own.home)
    assert (done.code, done.error["code"]) == (65, "NOT_A_TABLE")
    strange = _export(tmp_path, "a,b,c\n1,2,3\n")
    done = assetcert("map", strange, "--as", "M1", "--yes", home=own.home)
    assert (done.code, done.error["code"]) == (1, "NOT_UNDERSTOOD")


def test_a_template_is_read_once_it_is_filled_in(tmp_path: Path) -> None:
    made = assetcert("template", "invoice", "--format", "csv", "--language", "en", "--out", tmp_path).json
    path = Path(made["template"])
    marker, titles = path.read_text(encoding="utf-8-sig").splitlines()
    row = {"Number": "T-1", "Total": "12.50"}
    assert row.keys() <= set(titles.split(",")), titles
    filled = [marker, titles, ",".join(row.get(title, "") for title in titles.split(","))]
    path.write_text("\n".join(filled) + "\n", encoding="utf-8")
    (read,) = assetcert("inspect", path).json["files"]
    assert (read["kind"], read["facts"]["number"], read["facts"]["total"]) == ("invoice", "T-1", "12.5")
    assert assetcert("template", "nonsense", "--out", tmp_path).code == 64
