"""The Ideogram API as the operator speaks it: requests, answers, prices."""
