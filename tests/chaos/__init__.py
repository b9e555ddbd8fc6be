"""Real runs that are killed, cut off, frozen and starved, and what the tables say afterwards."""

import pytest

pytest.register_assert_rewrite("chaos.catalogue", "chaos.trial")
