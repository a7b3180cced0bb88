"""What is proposed: as it is stored, and by what the very same is known again."""

import hashlib
import json
import uuid

from django.core.serializers.json import DjangoJSONEncoder

from groups.proposals.kinds import Payload


def plain(payload: Payload) -> Payload:
    """Write ids and dates of a payload as text, as they are stored."""
    written: Payload = json.loads(json.dumps(payload, cls=DjangoJSONEncoder))
    return written


def digest_of(kind: str, proposer_id: uuid.UUID, payload: Payload) -> str:
    """Hash what is proposed, and by whom, into 64 hexadecimal digits."""
    content = json.dumps([kind, str(proposer_id), payload], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
