"""An application's own word: what it was asked, and what it said about being in fallback."""

from dataclasses import dataclass

from ideogram_operator.resource.words import TargetMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an application is to say of itself.

    Attributes:
        flip: the flip by which it was told; another flip is another question.
        mode: what it was told: Fallback, or Live, which is that it no longer says the fallback's value.
        closing: whether it is asked once more at the end of a drill's hold.
    """

    flip: int
    mode: TargetMode
    closing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What it said, after as many tries as it was given.

    Attributes:
        verified: whether it says what it was told.
        message: completes a sentence that begins with the target's name; never what else it said.
    """

    question: Question
    verified: bool
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One target as a drill saw it in the cluster.

    Attributes:
        others: integrations that hold it beside ours.
        shape: a digest of all that a rollout depends on; its number of replicas is an autoscaler's to change.
    """

    others: tuple[str, ...]
    shape: str
