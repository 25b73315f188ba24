"""`carrel catalog`: files into the store, lists and single objects out of it."""

from __future__ import annotations

from carrel_runner import ROOT, Carrel

SAMPLES = ROOT / "examples" / "catalogue"


def test_files_are_imported_once(carrel: Carrel) -> None:
    first = carrel.ok(
        "catalog", "import", SAMPLES / "catalogue.json", SAMPLES / "assets.csv", "--json"
    ).json
    assert [report["created"] for report in first] == [31, 5]
    again = carrel.ok("catalog", "import", SAMPLES / "catalogue.json").out
    assert "0 created, 0 updated, 31 unchanged, 0 refused" in again


def test_lists_take_rql(carrel: Carrel) -> None:
    carrel.ok("catalog", "import", SAMPLES / "catalogue.json")
    found = carrel.ok(
        "catalog", "list", "assets", "--filter", "in(status,(suspended))", "--json"
    ).json
    assert [asset["id"] for asset in found] == ["AS-1000-2000-0008"]
    assert "OC-SEAT" in carrel.ok("catalog", "list", "items").out
    shown = carrel.ok("catalog", "show", "items", "PRD-100-200-300-0003").out
    assert "reservation" in shown and "Orchid Compute" in shown
    fault = carrel("catalog", "list", "assets", "--filter", "stauts=active")
    assert fault.code == 3
    assert "did you mean 'status'?" in fault.err


def test_a_refused_row_is_named_and_ends_with_3(carrel: Carrel) -> None:
    bad = carrel.work / "hubs.csv"
    bad.write_text("id,name\nHB-1,First\nXX-2,Second\n")
    done = carrel("catalog", "import", bad, "--json")
    assert done.code == 3
    (report,) = done.json
    assert report["created"] == 1
    (row,) = report["refused"]
    assert (row["row"], row["id"]) == (3, "XX-2") and "begins with HB-" in row["reason"]


def test_a_missing_file_does_not_hide_what_was_imported_before(carrel: Carrel) -> None:
    sample = SAMPLES / "catalogue.json"
    done = carrel("catalog", "import", sample, "missing.json", sample, "--json")
    assert done.code == 7 and "missing.json" in done.err
    imported, missing = done.json
    assert (imported["file"], imported["created"]) == (str(sample), 31)
    assert (missing["file"], missing["error"]["code"]) == ("missing.json", "not_found")


def test_what_is_not_there_ends_with_7_and_a_wrong_kind_with_2(carrel: Carrel) -> None:
    assert carrel("catalog", "show", "assets", "AS-0").code == 7
    wrong = carrel("catalog", "list", "asset")
    assert wrong.code == 2 and "did you mean 'assets'?" in wrong.err
    assert carrel("catalog", "import", carrel.work / "none.json").code == 7


def test_common_options_stand_before_and_behind_any_word(carrel: Carrel) -> None:
    other = carrel.work / "other"
    carrel.ok("--data", other, "catalog", "import", SAMPLES / "catalogue.json")
    assert carrel.ok("catalog", "list", "hubs", "--json").json == []
    places = [
        ["--data", other, "--json", "catalog", "list", "hubs"],
        [f"--data={other}", "catalog", "--json", "list", "hubs"],
        ["catalog", "--data", other, "list", "--json", "hubs"],
        ["catalog", "list", "hubs", "--json", "--data", other],
    ]
    for words in places:
        hubs = carrel.ok(*words).json
        assert [hub["id"] for hub in hubs] == ["HB-1000-0001", "HB-1000-0002"], words
    typo = carrel("--data", other, "catalog", "lst")
    assert typo.code == 2 and "did you mean 'list'?" in typo.err
