"""How we speak with fund companies: one interface (`base`), one adapter each, chosen by the fund.

An adapter talks; it decides nothing and stores nothing of ours. What becomes of an answer is for the services.
"""

from yields.fundside.companies.registry import get_company, use_company

__all__ = ["get_company", "use_company"]
