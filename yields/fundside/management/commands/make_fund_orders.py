"""`manage.py make_fund_orders --fund DEMO --day 2026-11-23`: the order of a trading day, made once, and sent."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wallet.amounts import yuan
from wallet.refusals import Refusal
from yields.fundside.models import FundOrder
from yields.fundside.services import make_order, send_order
from yields.selectors import get_fund


class Command(BaseCommand):
    help = "Make a trading day's order of a fund from the flows of all its enrolled wallets, and send it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fund", required=True, help="its code")
        parser.add_argument("--day", type=date.fromisoformat, required=True, help="the trading day, YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            order = make_order(fund=get_fund(options["fund"]), day=options["day"], now=now)
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.describe()}") from refusal
        send_order(order=order, now=now)
        order.refresh_from_db()
        self._print(order)

    def _print(self, order: FundOrder) -> None:
        self.stdout.write(
            f"{order.number}: {order.kind} {yuan(order.amount)}, {order.state}, to be confirmed on"
            f" {order.confirm_date}. In {yuan(order.money_in)}, out {yuan(order.money_out)}, switched on"
            f" {yuan(order.switched_on)}, off {yuan(order.switched_off)}, income of wallets that had left"
            f" {yuan(order.income_paid_out)}; not ordered: income credited {yuan(order.income_credited)}."
        )
