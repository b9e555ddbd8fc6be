"""What should happen, as pure values: no clock, no I/O."""
