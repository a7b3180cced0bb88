from tests.cast import group, member, owner, shop, stranger, viewer, world

__all__ = ["group", "member", "owner", "shop", "stranger", "viewer", "world"]
