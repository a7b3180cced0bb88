"""What proposing and voting refuse."""

from django.utils.translation import gettext_lazy as _

from groups.proposals.models import Proposal
from wallet.refusals import NotFound, Refusal


class ProposalNotFound(NotFound):
    """There is no such proposal in this group."""

    code = "proposal_not_found"


class ProposalClosed(Refusal):
    """The proposal has ended; the data says how."""

    code = "proposal_closed"
    status = 409
    title = _("Already decided")
    detail = _("This proposal has ended: %(status)s.")

    def describe(self) -> str:
        words = dict(Proposal.Status.choices)
        return str(self.detail) % {"status": words.get(self.data["status"], self.data["status"])}


class ProposalOpenAlready(Refusal):
    """The very same is proposed already and still open."""

    code = "proposal_open_already"
    status = 409
    title = _("Already proposed")
    detail = _("The same has been proposed and is still open.")


class TooManyProposals(Refusal):
    """The person has as many proposals open as there may be."""

    code = "too_many_proposals"
    title = _("Too many proposals")
    detail = _("No more than %(limit)s proposals of one person can be open at once.")


class NobodyToVote(Refusal):
    """This kind needs somebody else's vote, and there is nobody who has one."""

    code = "nobody_to_vote"
    title = _("Nobody to vote")
    detail = _("This needs the vote of somebody else, and nobody else has one.")


class NotEligible(Refusal):
    """The caller has no vote on this proposal."""

    code = "not_eligible"
    status = 403
    title = _("No vote")
    detail = _("You have no vote on this proposal.")


class OwnProposal(Refusal):
    """The proposer does not vote on the own proposal."""

    code = "own_proposal"
    status = 403
    title = _("Your own proposal")
    detail = _("Nobody votes on their own proposal.")


class VoteFinal(Refusal):
    """The caller has voted otherwise; a vote is not changed."""

    code = "vote_final"
    status = 409
    title = _("Already voted")
    detail = _("You have voted already, and a vote is final.")


class NotProposer(Refusal):
    """Only the proposer can take a proposal back."""

    code = "not_proposer"
    status = 403
    title = _("Not your proposal")
    detail = _("Only the proposer can take a proposal back.")


class KindUnknown(Refusal):
    """There is no such kind of proposal, or it is made by another door."""

    code = "proposal_kind_unknown"
    title = _("Unknown kind")
    detail = _("There is no such kind of proposal, or it cannot be made here.")
