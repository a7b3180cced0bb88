"""How an amount is written for people. Everywhere else it is an integer of fen."""


def yuan(fen: int) -> str:
    """Write an amount of fen: ¥1,234.56."""
    return f"{'-' if fen < 0 else ''}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
