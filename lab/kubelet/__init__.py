"""The kubelet of the laboratory, behind a seam: what turns scheduled pods into running ones."""

from typing import Final, Protocol

# A pod's annotations that say how it behaves; the values of the first are told in stages.yaml.
BEHAVIOUR: Final = "lab.ideogram-operator.io/behaviour"
DELAY: Final = "lab.ideogram-operator.io/delay"


class Kubelet(Protocol):
    """Whatever plays the kubelet. It takes over the nodes and pods of one cluster until stopped."""

    def start(self) -> None:
        """Returns once a node takes pods."""

    def stop(self) -> None:
        """Ends it; pods stay as they are, deleted ones do not go."""

    def freeze(self) -> None:
        """Nothing happens to pods until thawed."""

    def thaw(self) -> None:
        """Goes on."""


__all__ = ["BEHAVIOUR", "DELAY", "Kubelet"]
