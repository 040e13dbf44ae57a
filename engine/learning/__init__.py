"""What makes tomorrow better: problems that are seen coming, and habits that can be counted on."""
