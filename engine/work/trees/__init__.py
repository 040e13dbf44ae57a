"""Working trees that others change: builds in theirs, the operator in their own."""
