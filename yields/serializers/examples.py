"""What the examples of the API's description share: a person, a fund, its notice, and money that does not earn yet."""

from wallet.api.fields import money

USER = "019aa3c4-5b0a-7d40-8a53-0a1f3c5f2d11"
NOTICE_EXAMPLE = "过往业绩不代表未来表现。货币基金不等同于存款。"
FUND_EXAMPLE = {"code": "DEMO", "name": "演示基金 (sandbox)", "is_sandbox": True}
LOT_EXAMPLE = {
    "kind": "contribution",
    "came_in_at": "2026-11-20T08:20:00Z",
    "amount": money(50000),
    "left": money(42000),
    "trade_date": "2026-11-23",
    "confirm_date": "2026-11-24",
    "first_credit_date": "2026-11-25",
}
