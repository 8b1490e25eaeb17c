"""Report: evaluations and ablations as one page of HTML."""
