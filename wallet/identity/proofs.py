"""The door's side of a proof: read it from the request, and use it up for that very request.

    with transaction.atomic():                     # or within the command of `run_once`
        allowance = redeem_proof(request)
        …                                          # the service, with amount_max=allowance.amount_max

A view calls it inside the transaction of its command, after the wallet's lock was taken. Under `run_once` that is
inside `command`: then a refusal gives the proof back, and a repetition under the same Idempotency-Key is answered
before anybody asks for a proof. Services do not ask for proofs: a story, a task and an operator have none.
"""

from django.utils import timezone
from rest_framework.request import Request

from wallet.api.idempotency import fingerprint_of
from wallet.identity.authentication import get_calling_device
from wallet.identity.errors import ProofRequired
from wallet.identity.services import Allowance, use_proof

HEADER = "Payment-Proof"


def redeem_proof(request: Request) -> Allowance:
    """Use up the proof that came with a request, and say how much it lets out.

    :raises ProofRequired: when there is none.
    :raises ProofInvalid: when it is not good for this person, device and request, or not any more.
    """
    proof = request.headers.get(HEADER, "")
    if not proof:
        raise ProofRequired
    return use_proof(
        proof=proof, device=get_calling_device(request), operation=fingerprint_of(request), now=timezone.now()
    )
