"""How we speak with outside institutions: one interface (`base`), one adapter each, chosen by the rail's name.

An adapter talks; it decides nothing and stores nothing. What becomes of an answer is for `wallet.rails.services`.
"""

from wallet.rails.adapters.registry import get_adapter, is_served, use_adapter

__all__ = ["get_adapter", "is_served", "use_adapter"]
