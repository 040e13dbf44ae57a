"""What decides and does: policy, schedule, work and safety around one loop."""
