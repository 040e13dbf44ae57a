"""Commands on what is learnt."""
