"""How Alipay's open platform writes: its codes and what they mean for us, amounts in yuan, times of Shanghai."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
#: What each kind of source is called there, and what we call it.
CHANNELS = {"yuebao": ("moneyFund", "余额宝"), "alipay_balance": ("balance", "支付宝余额")}
#: Refusals that are final: nothing moved, and nothing will under this number.
FINAL = {
    "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
    "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
    "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR",
    "ACQ.BUYER_ENABLE_STATUS_FORBID",
    "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE",
    "ACQ.AGREEMENT_NOT_EXIST",
    "ACQ.AGREEMENT_INVALID",
    "ACQ.AGREEMENT_STATUS_NOT_NORMAL",
    "ACQ.TRADE_HAS_CLOSE",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
    "ACQ.REASON_TRADE_BEEN_FREEZEN",
    "ACQ.SELLER_BALANCE_NOT_ENOUGH",
    "PAYEE_NOT_EXIST",
    "PAYEE_USER_INFO_ERROR",
    "PAYEE_ACCOUNT_STATUS_ERROR",
    "PAYEE_ACC_OCUPIED",
    "PERM_AML_NOT_REALNAME_REV",
    "PAYER_BALANCE_NOT_ENOUGH",
    "EXCEED_LIMIT_SM_AMOUNT",
    "EXCEED_LIMIT_DM_MAX_AMOUNT",
}
REUSED = {"ACQ.CONTEXT_INCONSISTENT", "DUPLICATE_OUT_BIZ_NO", "ORDER_PARAM_INCONSISTENT"}
ABSENT = {"ACQ.TRADE_NOT_EXIST", "ORDER_NOT_EXIST"}


def write_yuan(fen: int) -> str:
    """Write fen as they do: 12.34."""
    return f"{fen // 100}.{fen % 100:02d}"


def read_fen(yuan: object) -> int:
    """:raises ValueError: when it is no amount of yuan."""
    try:
        fen = Decimal(str(yuan)) * 100
        if fen <= 0 or fen != int(fen):
            raise ValueError(f"amount {yuan}")
    except (InvalidOperation, OverflowError):
        raise ValueError(f"amount {yuan}") from None
    return int(fen)


def read_moment(text: object) -> datetime:
    """:raises ValueError: when it is no time as Alipay writes it."""
    return datetime.strptime(str(text)[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)


def write_reason(code: str) -> str:
    """Write a reason of theirs as ours are written: `buyer_balance_not_enough`."""
    return code.removeprefix("ACQ.").lower()[:48]


def mask_login(login: str) -> str:
    """Write what may be shown of a login: 138****8000, zh***@example.com."""
    name, at, host = login.partition("@")
    return f"{name[:2]}***{at}{host}" if at else f"{login[:3]}****{login[-4:]}"
