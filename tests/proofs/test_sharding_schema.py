"""The tables can be spread by wallet (docs/ledger.md, "Ready to be spread over machines").

Every table about a wallet has it, NOT NULL and in every unique constraint; nothing points from one wallet into another.
"""

from django.apps import apps
from django.db import models

from tests.books import run
from tests.proofs.sharding import wallet_tables


def test_a_wallet_is_never_missing(db: None) -> None:
    nullable = run(
        "SELECT table_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'wallet_id' AND is_nullable = 'YES'"
    )
    assert nullable == []


def test_every_unique_constraint_has_the_wallet(db: None) -> None:
    unique = run(
        """
        SELECT c.relname::text, i.relname::text,
               array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname IS NOT NULL)
        FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(x.indkey)
        WHERE x.indisunique AND NOT x.indisprimary AND c.relname = ANY(%s) GROUP BY 1, 2""",
        sorted(wallet_tables()),
    )
    assert len(unique) >= 12
    assert [(table, index) for table, index, columns in unique if "wallet_id" not in columns] == []


def test_a_primary_key_is_an_id_made_by_the_application_or_the_wallet(db: None) -> None:
    for model in ours():
        key = model._meta.pk
        assert isinstance(key, models.UUIDField | models.OneToOneField | models.CharField), model
        if isinstance(key, models.UUIDField):
            assert callable(key.default), f"{model}: its id is made in the application"


def test_nothing_points_from_a_wallet_to_what_is_spread_otherwise(db: None) -> None:
    """Foreign keys lead to tables of a wallet, which the services keep inside it, or to tables that are everywhere."""
    everywhere = {
        "identity_user", "spending_merchant", "rails_fundingsource", "yields_fund", "yields_fundday", "auth_user",
    }  # fmt: skip
    keys = run(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid = ANY(%s::regclass[])",
        sorted(wallet_tables()),
    )
    tables = wallet_tables()
    odd = {(a, b) for a, b in keys if b not in tables | everywhere and not a.startswith("yields_")}
    assert odd == set()


def test_no_many_to_many_and_no_generic_keys() -> None:
    for model in ours():
        if model._meta.app_label == "identity":
            continue
        assert not model._meta.many_to_many, model
        for field in model._meta.get_fields():
            assert type(field).__name__ != "GenericForeignKey", field
            if isinstance(field, models.OneToOneField):
                assert field.primary_key, f"{field}: a one-to-one is the shared key only"


def test_foreign_keys_protect() -> None:
    """Law 8: nothing with meaning is ever deleted."""
    for model in ours():
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey) and model._meta.app_label != "identity":
                assert field.remote_field.on_delete is models.PROTECT, field


def ours() -> list[type[models.Model]]:
    roots = ("wallet.", "groups.", "yields")
    return [model for model in apps.get_models() if model.__module__.startswith(roots)]
