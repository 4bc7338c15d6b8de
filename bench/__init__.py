"""What the operator costs and how fast it is at scale, each figure beside its floor from the same run."""
