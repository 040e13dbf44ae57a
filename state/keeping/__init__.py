"""What may enter the record, and what may leave it again."""
