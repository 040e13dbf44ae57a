"""The verbs about what comes to the engine's notice from outside."""
