"""Many days from a file: looked at row by row, entered all or none, published by another, each refusal said."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from tests.yields.conftest import Desk, at
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from yields.errors import ColumnsMissing, FileEmpty, RateUnreadable, RowsRefused, RowsTooMany
from yields.figures import decode, read_rows
from yields.models import Fund, FundDay, YieldRun
from yields.services import import_rates, review_rates
from yields.services.funds import PUBLISHED_000198

pytestmark = pytest.mark.django_db
FIRST = date(2013, 7, 1)
NOW = at(date(2014, 9, 1))
DAYS, DOOR = "/admin/yields/fundday/", "/admin/yields/fundday/import-rates/"
LINES = PUBLISHED_000198.read_text("utf-8").splitlines()


def log_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def look(client: Client, fund: Fund, text: str) -> str:
    file = SimpleUploadedFile("rates.csv", text.encode())
    return client.post(DOOR, {"fund": fund.pk, "file": file}, follow=True).content.decode()


def enter(client: Client, fund: Fund, text: str) -> str:
    return client.post(DOOR, {"fund": fund.pk, "text": text, "enter": "1"}, follow=True).content.decode()


# --- reading ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "date,yield_per_10k,annualized_7d\n2013-07-01,1.5787,6.307",
        "净值日期,每万份收益（元）,七日年化收益率（%）\n2013-07-01,1.5787,6.3070%",
        "基金代码,日期,7日年化收益率(%),万份收益\n000198,2013/07/01,6.307,1.5787",
        "mfd_date,mfd_daily_yield,mfd_7daily_yield\n20130701,1.5787,6.3070000000",
    ],
)
def test_the_funds_own_columns_are_known(text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        (row,) = read_rows(decode(text.encode(encoding)).splitlines())
        assert (row.number, row.day, row.rate, row.annualized) == (2, FIRST, Decimal("1.5787"), Decimal("6.307"))


@pytest.mark.parametrize(
    "row",
    ["2013-07-01,NaN,6.307", "2013-07-01,1.57871,6.307", "2013-07-01,1.5787,1e9", "2013-07-01,sNaN,6.307",
     "2013-07-01,1.5787", "2013-07-01,,", "07-01,1.5787,6.307", "2013-07-01,1.5787,Infinity"],
)  # fmt: skip
def test_what_is_no_figure_is_named_by_its_row(row: str) -> None:
    with pytest.raises(RateUnreadable) as refused:
        read_rows([LINES[0], LINES[1], row])
    assert refused.value.data == {"row": 3}


def test_a_file_is_bounded_and_names_its_columns() -> None:
    with pytest.raises(ColumnsMissing):
        read_rows(["day,rate", "2013-07-01,1.5787"])
    with pytest.raises(ColumnsMissing):
        read_rows([])
    with pytest.raises(FileEmpty):
        read_rows([LINES[0], "", " , ,"])
    with pytest.raises(RowsTooMany):
        read_rows([LINES[0], *["2013-07-01,1.5787,6.307"] * 1_001])


# --- looking and entering ---------------------------------------------------------------------------------------------
def test_every_row_is_looked_at_with_what_the_week_comes_to(fund: Fund, desk: Desk) -> None:
    reviewed = review_rates(fund=fund, lines=LINES)
    assert [each.computed for each in reviewed[:6]] == [None] * 6
    assert all(each.computed == each.row.annualized and each.refusal is None for each in reviewed[6:])
    assert not FundDay.objects.exists()
    import_rates(actor=desk.clerk, fund=fund, lines=LINES[:9], now=NOW)
    later = review_rates(fund=fund, lines=[LINES[0], *LINES[8:12]])
    assert [each.is_entered for each in later] == [True, False, False, False]
    assert all(each.computed == each.row.annualized for each in later)  # by the days that were entered before


def test_one_wrong_row_and_nothing_is_entered(fund: Fund, desk: Desk) -> None:
    desk.publish(fund, FIRST, Decimal("1.5787"))
    wrong = [*LINES[:8], LINES[8].replace("1.3129", "1.3229"), *LINES[9:12], LINES[11]]
    refusals = {each.row.number: each.refusal.code for each in review_rates(fund=fund, lines=wrong) if each.refusal}
    assert refusals[2] == "rate_already_published"
    assert refusals[9] == "rate_mismatch"
    assert refusals[12] == refusals[13] == "rate_twice"
    with pytest.raises(RowsRefused) as refused:
        import_rates(actor=desk.clerk, fund=fund, lines=wrong, now=NOW)
    assert refused.value.data["row"] == 2
    assert FundDay.objects.count() == 1


def test_who_may_not_enter_may_not_import(fund: Fund) -> None:
    with pytest.raises(OperatorNotAllowed):
        import_rates(actor=User.objects.create(username="trainee"), fund=fund, lines=LINES, now=NOW)


# --- the page ---------------------------------------------------------------------------------------------------------
def test_a_file_is_looked_at_then_entered_then_published_by_another(fund: Fund, desk: Desk) -> None:
    clerk, chief, text = log_in(desk.clerk), log_in(desk.chief), "\n".join(LINES[:11])
    assert DOOR in clerk.get(DAYS).content.decode()
    page = look(clerk, fund, text)
    assert "10 rows, 0 of them cannot be entered" in page
    assert "Enter all of them" in page
    assert not FundDay.objects.exists()
    assert "10 days are entered; another operator publishes them." in enter(clerk, fund, text)
    sent = {"action": "publish", "_selected_action": [str(day.pk) for day in FundDay.objects.all()]}
    refused = clerk.post(DAYS, sent, follow=True).content.decode()
    assert refused.count("another operator publishes them") == 10
    said = chief.post(DAYS, sent, follow=True).content.decode()
    assert "T0001 2013-07-10 is published." in said
    assert fund.days.filter(state="published").count() == 10
    assert "rate_already_published" not in said
    again = chief.post(DAYS, sent, follow=True).content.decode()
    assert "T0001 2013-07-03: The figures of 2013-07-03 are published and never change." in again


def test_each_refusal_is_said_and_a_great_many_are_counted(fund: Fund, desk: Desk) -> None:
    import_rates(actor=desk.clerk, fund=fund, lines=LINES[:40], now=NOW)
    FundDay.objects.filter(date=date(2013, 7, 3)).delete()
    sent = {"action": "publish", "_selected_action": [str(day.pk) for day in FundDay.objects.all()]}
    said = log_in(desk.chief).post(DAYS, sent, follow=True).content.decode()
    assert "T0001 2013-07-02 is published." in said
    assert "T0001 2013-07-04: Publish 2013-07-03 before 2013-07-04." in said
    assert "16 more are refused." in said
    assert fund.days.filter(state="published").count() == 2


def test_what_is_wrong_is_said_row_by_row_in_both_languages(fund: Fund, desk: Desk) -> None:
    clerk, text = log_in(desk.clerk), "\n".join([*LINES[:7], LINES[7].replace("1.3671", "1.4671")])
    page = look(clerk, fund, text)
    assert "7 rows, 1 of them cannot be entered" in page
    assert "the last seven days give" in page
    assert "Enter all of them" not in page
    assert "Nothing was entered. Row 8: Of 2013-07-07" in enter(clerk, fund, text)
    assert "Row 3 is not a day with its two figures." in look(clerk, fund, f"{LINES[0]}\n{LINES[1]}\nx,y,z")
    clerk = Client(headers={"Accept-Language": "zh"})
    clerk.force_login(desk.clerk)
    assert "第 3 行" in look(clerk, fund, f"{LINES[0]}\n{LINES[1]}\nx,y,z")
    assert "未录入任何数据。第 8 行" in enter(clerk, fund, text)
    assert not FundDay.objects.exists()


def test_a_file_that_is_none(fund: Fund, desk: Desk) -> None:
    clerk = log_in(desk.clerk)
    for content, said in ((b"\xff\xff\xff", "no text in UTF-8"), (b"x" * 100_001, "more than 100000 bytes")):
        file = SimpleUploadedFile("rates.csv", content)
        assert said in clerk.post(DOOR, {"fund": fund.pk, "file": file}).content.decode()
    assert "Choose a file." in clerk.post(DOOR, {"fund": fund.pk}).content.decode()
    assert clerk.post(DOOR, {"fund": "NONE"}).status_code == 200


def test_who_may_only_look_does_not_get_in(fund: Fund, desk: Desk) -> None:
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_fundday"))
    client = log_in(reader)
    assert DOOR not in client.get(DAYS).content.decode()
    assert client.get(DOOR).status_code == 403
    assert client.post(DOOR, {"fund": fund.pk, "text": "\n".join(LINES[:3]), "enter": "1"}).status_code == 403
    assert not FundDay.objects.exists()


def test_the_first_page_says_what_is_to_be_published_and_which_run_waits(fund: Fund, desk: Desk) -> None:
    chief = log_in(desk.chief)
    assert "no run waits" in chief.get("/admin/").content.decode()
    import_rates(actor=desk.clerk, fund=fund, lines=LINES[:4], now=NOW)
    YieldRun.objects.create(fund=fund, date=FIRST, state="waiting", note="rate_missing", started_at=NOW)
    page = chief.get("/admin/").content.decode()
    assert "Rates to publish" in page
    assert "T0001 2013-07-01: Rate missing" in page
    assert "/admin/yields/fundday/?state__exact=entered" in page


# --- the command ------------------------------------------------------------------------------------------------------
def test_by_command(fund: Fund, desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("\n".join(LINES[:9]), "utf-8")
    call_command("import_rates", str(file), "--fund", "T0001", "--by", "clerk")
    told = capsys.readouterr().out
    assert "row 8: 2013-07-07" in told
    assert "8 days of T0001 are entered." in told
    assert set(FundDay.objects.values_list("entered_by__username", "state")) == {("clerk", "entered")}


@pytest.mark.parametrize(
    ("content", "fund_code", "name", "said"),
    [
        ("", "T0001", "clerk", "columns_missing"),
        (f"{LINES[0]}\nx,y,z", "T0001", "clerk", "rate_unreadable: Row 2"),
        ("\n".join([*LINES[:7], LINES[7].replace("1.3671", "1.4671")]), "T0001", "clerk", "rows_refused"),
        ("\n".join(LINES[:3]), "NONE", "clerk", "fund_not_found"),
        ("\n".join(LINES[:3]), "T0001", "nobody", "no operator nobody"),
        ("\n".join(LINES[:3]), "T0001", "trainee", "operator_not_allowed"),
        (None, "T0001", "clerk", "No such file"),
    ],
)
def test_by_command_with_what_is_wrong(
    fund: Fund, desk: Desk, tmp_path: Path, content: str | None, fund_code: str, name: str, said: str
) -> None:
    User.objects.create(username="trainee", is_staff=True)
    file = tmp_path / "rates.csv"
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(CommandError, match=said):
        call_command("import_rates", str(file), "--fund", fund_code, "--by", name)
    assert not FundDay.objects.exists()
