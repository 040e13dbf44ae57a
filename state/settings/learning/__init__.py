"""What the settings say of what is looked for and learnt."""
