"""A mailbox that is read, never written to, and the replies that are drafted and never sent."""
