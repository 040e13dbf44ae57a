"""The engine's front desk."""
