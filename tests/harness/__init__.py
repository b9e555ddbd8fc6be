"""What the tests stand on: a private server, a pooler, a project directory."""
