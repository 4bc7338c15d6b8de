"""The demonstration: three applications live through what an API does to them, and every claim is checked.

The scenes are data (`scenes`), what they can say and check is `play`, what is seen of the cluster is `sight`, and how
it looks is a `view`: live in a terminal, plain lines in a file. Nothing is staged: a real control plane, the operator
as its chart's ServiceAccount, a provider that really refuses, and times that come from status and from watching.
"""
