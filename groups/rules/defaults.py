"""What a scene sets of a group's rules at the start. All of it can be changed afterwards, by everybody together."""

from groups.members.scenes import Scene
from groups.rules.judging import Tier

#: Above these amounts (fen), so many others must approve. A group in which nobody else has a vote is not held up.
TIERS: dict[str, tuple[Tier, ...]] = {
    Scene.COUPLE: (Tier(10_000_00, 1),),
    Scene.FAMILY: (Tier(10_000_00, 1),),
    Scene.FLATMATES: (Tier(5_000_00, 1), Tier(20_000_00, 2)),
    Scene.TRIP: (Tier(5_000_00, 1), Tier(20_000_00, 2)),
    Scene.CLASS: (Tier(5_000_00, 1), Tier(20_000_00, 3)),
    Scene.PET: (Tier(5_000_00, 1),),
    Scene.OTHER: (Tier(10_000_00, 1),),
}
