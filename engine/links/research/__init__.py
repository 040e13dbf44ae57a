"""Goals of the operator's that are looked into at night."""
