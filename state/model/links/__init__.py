"""What is known of the world outside: conversations that came by mail, goals that are looked into."""
